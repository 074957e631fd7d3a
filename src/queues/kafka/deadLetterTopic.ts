/** The topic of dead letters: how it takes what can't be accepted, whatever its limits are, and how it is listed and replayed. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { RecordTooLarge, type DeadLetterReason, type DeadLetterRecord } from '../queue.js';
import {
  TopicRefused,
  type KafkaClient,
  type KafkaMessage,
  type Offsets,
  type ProducedMessage,
} from './client.js';
import {
  deadLetterOf,
  identityOf,
  originOf,
  readDeadLetter,
  referenceOf,
  replayOf,
  stayingOf,
  unreadIdentityOf,
  type Origin,
} from './deadLetterHeaders.js';
import { requestsOf } from './requests.js';

/** Pauses before what was replayed is stored again: the group may have had a member, which renews it, at this moment. */
const STORE_AGAIN_MS = [1_000, 4_000, 10_000];

/** References whose records are so close to each other are read together. */
const READ_TOGETHER = 100n;

export interface DeadLetterTopicOptions {
  client: KafkaClient;
  /** Of the dead letters. */
  topic: string;
  /** Whose records become dead letters. */
  origin: string;
  /** Its offsets say which dead letters were replayed. It has no members, but for the moment in which they are stored. */
  replayGroup: string;
  log: Logger;
}

interface Letter {
  partition: number;
  message: KafkaMessage;
}

export class DeadLetterTopic {
  readonly #options: DeadLetterTopicOptions;

  constructor(options: DeadLetterTopicOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the topic has the record, or where it takes none of this size, or the record can't be read, a reference to it.
   *
   * @throws an error that says the remedy, where it takes neither
   */
  async add(partition: number, message: KafkaMessage, reason: DeadLetterReason): Promise<void> {
    const { log, origin, topic } = this.#options;
    if (message.unreadable !== undefined) {
      await this.#writeReference(referenceOf(origin, partition, message, reason));
      return;
    }
    try {
      await this.#write(deadLetterOf(origin, partition, message, reason));
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      await this.#writeReference(referenceOf(origin, partition, message, reason));
      log.warn(
        { record: identityOf(origin, partition, message), topic },
        'The topic of dead letters takes no record of this size: it has a reference, and the bytes stay where they were',
      );
    }
  }

  async #writeReference(reference: ProducedMessage): Promise<void> {
    try {
      await this.#write(reference);
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      throw new Error(
        `the topic ${this.#options.topic} doesn’t even take the reason and the origin of a record: raise its max.message.bytes`,
        { cause: error },
      );
    }
  }

  async #write(letter: ProducedMessage): Promise<void> {
    const { client, log, topic } = this.#options;
    try {
      await client.produce(topic, [letter]);
    } catch (error) {
      if (!(error instanceof TopicRefused)) throw error;
      if (error.why === 'forbidden') throw this.#forbidden(error);
      await client.createTopic(topic).catch((refusal: unknown) => {
        throw refusal instanceof TopicRefused ? this.#missing(refusal) : refusal;
      });
      log.warn({ topic }, 'The topic of dead letters was missing, and was created');
      await client.produce(topic, [letter]);
    }
  }

  #forbidden(cause: Error): Error {
    const { topic } = this.#options;
    return new Error(
      `this user may not write to the topic ${topic}: give it the right to write and to describe it`,
      { cause },
    );
  }

  #missing(cause: Error): Error {
    const { topic } = this.#options;
    return new Error(
      `Kafka has no topic ${topic}, and this user may not create it: create it, or correct deadLetter`,
      { cause },
    );
  }

  /** Why it can't be written to, with the remedy; undefined also where it is missing and can be created. */
  async fault(): Promise<string | undefined> {
    const { client, topic } = this.#options;
    if ((await client.partitionsOf(topic)) !== undefined) return undefined;
    try {
      await client.createTopic(topic, { onlyAsk: true });
      return undefined;
    } catch (error) {
      if (!(error instanceof TopicRefused)) throw error;
      return `Kafka has no topic ${topic} for dead letters, and this user may not create it: create it, or give this user the right to see it.`;
    }
  }

  /** Those that were not replayed, the oldest first. */
  async list(atMost: number): Promise<DeadLetterRecord[]> {
    const { letters } = await this.#readOpen();
    return letters
      .map(({ message, partition }) => readDeadLetter(this.#options.topic, partition, message))
      .toSorted((one, other) => one.deadAt.getTime() - other.deadAt.getTime())
      .slice(0, atMost);
  }

  /** Of those that were not replayed, without reading them. */
  async count(): Promise<number> {
    if (await this.#isMissing()) return 0;
    const { from, to } = await this.#open();
    return [...to].reduce(
      (sum, [partition, end]) => sum + Number(end - (from.get(partition) ?? end)),
      0,
    );
  }

  /**
   * Sends them to the topic of their records. One whose record that topic no longer has, or no longer takes, stays a dead letter
   * and says so.
   *
   * @returns how many were sent
   */
  async replay(): Promise<number> {
    const { letters, to } = await this.#readOpen();
    if (letters.length === 0) return 0;
    const records = await this.#recordsOf(
      letters.flatMap(({ message }) => originOf(message) ?? []),
    );
    const replays: { letter: KafkaMessage; replay: ProducedMessage }[] = [];
    const staying: ProducedMessage[] = [];
    for (const { message: letter } of letters) {
      const origin = originOf(letter);
      const record = origin ? records.get(idOf(origin)) : letter;
      if (!record) staying.push(stayingOf(letter, GONE));
      else if (record.unreadable === undefined) {
        replays.push({ letter, replay: replayOf(letter, record) });
      } else staying.push(stayingOf(letter, UNREADABLE));
    }
    const tooLarge = await this.#send(replays.map(({ replay }) => replay));
    for (const { letter, replay } of replays) {
      if (tooLarge.has(replay)) staying.push(stayingOf(letter, TOO_LARGE));
    }
    // Before those that were read count as replayed.
    for (const letter of staying) await this.#write(letter);
    await this.#storeReplayed(to);
    return letters.length - staying.length;
  }

  /**
   * Stores again which dead letters were replayed. Brokers forget the offsets of a group without members after a while
   * (`offsets.retention.minutes`), and then all would be replayed once more.
   */
  async renewReplayed(): Promise<void> {
    const { client, replayGroup, topic } = this.#options;
    if ((await client.partitionsOf(topic)) === undefined) return;
    const replayed = await client.committed(replayGroup, topic);
    if (replayed.size > 0) await client.setCommitted(replayGroup, topic, replayed);
  }

  async #storeReplayed(offsets: Offsets): Promise<void> {
    const { client, log, replayGroup, topic } = this.#options;
    for (const pauseMs of STORE_AGAIN_MS) {
      try {
        await client.setCommitted(replayGroup, topic, offsets);
        return;
      } catch (error) {
        log.warn({ err: error, topic }, 'What was replayed can’t be stored, and is tried again');
        await delay(pauseMs);
      }
    }
    await client.setCommitted(replayGroup, topic, offsets);
  }

  /** Resolves with those that their topic doesn't take. */
  async #send(messages: readonly ProducedMessage[]): Promise<Set<ProducedMessage>> {
    const { client, origin } = this.#options;
    const tooLarge = new Set<ProducedMessage>();
    for (const request of requestsOf(messages)) {
      try {
        await client.produce(origin, request);
      } catch (error) {
        if (!(error instanceof RecordTooLarge)) throw error;
        // What was stored already is a duplicate.
        for (const each of request) if (!(await this.#fits(each))) tooLarge.add(each);
      }
    }
    return tooLarge;
  }

  async #fits(message: ProducedMessage): Promise<boolean> {
    const { client, origin } = this.#options;
    try {
      await client.produce(origin, [message]);
      return true;
    } catch (error) {
      if (error instanceof RecordTooLarge) return false;
      throw error;
    }
  }

  /** By the id of their origin: the records that references point to, and that are still there. */
  async #recordsOf(origins: readonly Origin[]): Promise<Map<string, KafkaMessage>> {
    const { client, origin: topic, replayGroup } = this.#options;
    const found = new Map<string, KafkaMessage>();
    // Anybody may have written a reference. No other topic is read for it.
    const here = origins.filter((each) => each.topic === topic);
    if (here.length === 0) return found;
    const range = await client.range(topic);
    const wanted = new Set(here.map(idOf));
    for (const { end, first, partition } of range) {
      const offsets = here
        .filter((each) => each.partition === partition)
        .map(({ offset }) => offset)
        .filter((offset) => offset >= first && offset < end);
      for (const { from, to } of rangesOf(offsets)) {
        const between = { from: new Map([[partition, from]]), to: new Map([[partition, to]]) };
        const take = (_partition: number, message: KafkaMessage): void => {
          const { offset } = message;
          for (const identity of [identityOf, unreadIdentityOf]) {
            const record = identity(topic, partition, message);
            const id = idOf({ topic, partition, offset, record });
            if (wanted.has(id)) found.set(id, message);
          }
        };
        await client.read(topic, between, take, replayGroup);
      }
    }
    return found;
  }

  /** @throws an error with the remedy where it is missing and can't be created: then this user may not see it */
  async #isMissing(): Promise<boolean> {
    if ((await this.#options.client.partitionsOf(this.#options.topic)) !== undefined) return false;
    const fault = await this.fault();
    if (fault !== undefined) throw new Error(fault);
    return true;
  }

  /** Between which offsets those are that were not replayed. */
  async #open(): Promise<{ from: Offsets; to: Offsets }> {
    const { client, replayGroup, topic } = this.#options;
    const [range, replayed] = await Promise.all([
      client.range(topic),
      client.committed(replayGroup, topic),
    ]);
    const from: Offsets = new Map(
      range.map(({ first, partition }) => {
        const at = replayed.get(partition) ?? first;
        return [partition, at > first ? at : first];
      }),
    );
    return { from, to: new Map(range.map(({ end, partition }) => [partition, end])) };
  }

  /** With the offsets after those that were read. */
  async #readOpen(): Promise<{ letters: Letter[]; to: Offsets }> {
    const { client, replayGroup, topic } = this.#options;
    const letters: Letter[] = [];
    // It comes into being with the first dead letter.
    if (await this.#isMissing()) return { letters, to: new Map() };
    const { from, to } = await this.#open();
    const take = (partition: number, message: KafkaMessage): void => {
      letters.push({ partition, message });
    };
    await client.read(topic, { from, to }, take, replayGroup);
    return { letters, to };
  }
}

const GONE = 'It can’t be replayed: its topic no longer has its bytes. Have it sent again.';
const UNREADABLE = 'It can’t be replayed: it still can’t be read.';
const TOO_LARGE =
  'It can’t be replayed: its topic takes no record of this size any more. Raise max.message.bytes of the topic.';

/** With the identity, since a topic that is made anew has the same offsets. */
function idOf({ offset, partition, record, topic }: Origin): string {
  return `${topic}/${partition}/${offset} ${record}`;
}

/** That have all these offsets, and few others. */
export function rangesOf(offsets: readonly bigint[]): { from: bigint; to: bigint }[] {
  const ranges: { from: bigint; to: bigint }[] = [];
  for (const offset of offsets.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0))) {
    const last = ranges.at(-1);
    if (last && offset - last.to < READ_TOGETHER) {
      last.to = offset + 1n;
    } else ranges.push({ from: offset, to: offset + 1n });
  }
  return ranges;
}
