/** A queue of SQS. Imported only where one is configured: it loads the SDK. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import {
  RecordTooLarge,
  type DeadLetterReason,
  type DeadLetterRecord,
  type HandleRecord,
  type OutgoingRecord,
  type Queue,
  type QueueConsumer,
  type QueueContext,
  type QueueLag,
} from '../queue.js';
import {
  batchesOf,
  inTens,
  MOST_IN_BATCH,
  SqsCalls,
  type Outgoing,
  type SqsClient,
} from './calls.js';
import { textAttribute, writeContent } from './content.js';
import { deadLetterOf, readDeadLetter, replayOf } from './deadLetterAttributes.js';
import { isFifo, queueNameOf, type SqsSettings } from './settings.js';
import { SqsConsumer } from './sqsConsumer.js';

/**
 * Records in hand for each ten that the interface allows: a record in hand can't be had by another consumer, must be extended, and
 * counts as received once more after a stop.
 */
const SHARE_IN_HAND = 2 / 10;

/** The limit of SQS where the queue doesn't say it. */
const LARGEST_BYTES = 1024 * 1024;

/** What a batch failed to store is tried again so often, after such pauses. */
const SEND_AGAIN_MS = [100, 400];

/** How long the dead letters are hidden from others while they are listed or replayed. */
const READ_WITHIN_S = 120;

/** SQS asks only some of its servers where a receipt doesn't wait. */
const READ_WAIT_S = 1;

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** Answers without a message before there are none. */
const EMPTY_ANSWERS = 2;

export { sqsClient } from './calls.js';

export class SqsQueue implements Queue {
  readonly #client: SqsClient;
  readonly #settings: SqsSettings;
  readonly #context: QueueContext;
  readonly #name: string;
  readonly #calls: SqsCalls;
  readonly #deadLetterCalls: SqsCalls;
  readonly #limits = new Map<SqsCalls, Promise<number>>();

  constructor(client: SqsClient, settings: SqsSettings, context: QueueContext) {
    this.#client = client;
    this.#settings = settings;
    this.#context = context;
    this.#name = queueNameOf(settings.url);
    this.#calls = new SqsCalls(client, settings.url);
    this.#deadLetterCalls = new SqsCalls(client, settings.deadLetterUrl);
  }

  consume(handle: HandleRecord): QueueConsumer {
    const { url, visibilityTimeout } = this.#settings;
    const { log, mostInHand } = this.#context;
    return new SqsConsumer({
      client: this.#client,
      calls: this.#calls,
      url,
      queue: this.#name,
      isFifo: isFifo(url),
      visibilityTimeoutMs: visibilityTimeout,
      mostInHand: Math.max(MOST_IN_BATCH, Math.floor(mostInHand * SHARE_IN_HAND)),
      handle,
      moveToDeadLetters: (message, reason) => this.#moveToDeadLetters(message, reason),
      log,
    });
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const limitBytes = await this.#limitOf(this.#calls);
    const entries = records.map(({ body, headers, key }): Outgoing => {
      const attributes = new Map(
        Object.entries(headers).map(([name, value]) => [name, textAttribute(value)]),
      );
      return {
        written: writeContent({ attributes, body }, new Map(), limitBytes),
        // Unique, since a sender may mean the same text twice: sendproof knows duplicates by their keys.
        fifo: this.#fifo(this.#settings.url, key ?? randomUUID(), randomUUID()),
      };
    });
    const send = async (batch: Outgoing[]): Promise<void> => this.#sendAll(this.#calls, batch);
    const batches = batchesOf(entries, limitBytes);
    // One after the other where the queue has an order.
    if (isFifo(this.#settings.url)) for (const batch of batches) await send(batch);
    else await Promise.all(batches.map(send));
  }

  /** All that is in the queue: waiting, in hand, and delayed. */
  async lag(): Promise<QueueLag[]> {
    const counts = await this.#calls.attributes([...COUNTS]);
    const records = COUNTS.reduce((sum, name) => sum + (Number(counts[name]) || 0), 0);
    return [{ partition: '', records }];
  }

  async sendFault(): Promise<string | undefined> {
    return await faultIn(this.#calls, this.#name);
  }

  async faults(): Promise<string[]> {
    const deadLetterQueue = queueNameOf(this.#settings.deadLetterUrl);
    const found = await Promise.all([
      this.sendFault(),
      faultIn(this.#deadLetterCalls, deadLetterQueue),
    ]);
    return found.filter((fault) => fault !== undefined);
  }

  async deadLetters(atMost: number): Promise<DeadLetterRecord[]> {
    const received: Message[] = [];
    try {
      for await (const messages of this.#receiveDeadLetters()) {
        received.push(...messages);
        if (received.length >= atMost) break;
      }
    } finally {
      await this.#giveBack(received);
    }
    return received
      .map(readDeadLetter)
      .toSorted((one, other) => one.deadAt.getTime() - other.deadAt.getTime())
      .slice(0, atMost);
  }

  /** Without those that somebody is reading: they are hidden for as long. */
  async countDeadLetters(): Promise<number> {
    const counts = await this.#deadLetterCalls.attributes(['ApproximateNumberOfMessages']);
    return Number(counts.ApproximateNumberOfMessages) || 0;
  }

  async replayDeadLetters(): Promise<number> {
    const limitBytes = await this.#limitOf(this.#calls);
    const replayed = new Set<string>();
    const again: Message[] = [];
    try {
      for await (const messages of this.#receiveDeadLetters()) {
        const replays = messages.map((message) => ({
          message,
          replay: replayOf(this.#name, message, limitBytes),
        }));
        // One that comes again was moved here again meanwhile.
        const isNew = replays.map(({ replay: { record } }) => !replayed.has(record));
        again.push(...messages.filter((_, index) => !isNew[index]));
        const those = replays.filter((_, index) => isNew[index]);
        await this.#replay(those, limitBytes);
        for (const { replay } of those) replayed.add(replay.record);
      }
    } finally {
      await this.#giveBack(again);
    }
    return replayed.size;
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  async #replay(
    replays: { message: Message; replay: ReturnType<typeof replayOf> }[],
    limitBytes: number,
  ): Promise<void> {
    const { url } = this.#settings;
    const entries = replays.map(({ replay }): Outgoing => {
      const { group, record, replays: count, written } = replay;
      return {
        written,
        // The same when it is interrupted and begun again.
        fifo: this.#fifo(url, group ?? hashOf(record), hashOf(`${record} ${count}`)),
      };
    });
    for (const batch of batchesOf(entries, limitBytes)) await this.#sendAll(this.#calls, batch);
    const messages = replays.map(({ message }) => message);
    if (messages.length > 0) await this.#deadLetterCalls.delete(messages);
  }

  /** @throws an error that says the remedy, where that is known */
  async #moveToDeadLetters(message: Message, reason: DeadLetterReason): Promise<void> {
    try {
      await this.#writeDeadLetter(message, reason);
    } catch (error) {
      // It may have been raised when this is tried again.
      this.#limits.delete(this.#deadLetterCalls);
      const deadLetterQueue = queueNameOf(this.#settings.deadLetterUrl);
      if (error instanceof RecordTooLarge) {
        const text = `the queue ${deadLetterQueue} takes up to ${error.limitBytes ?? '?'} bytes: raise its MaximumMessageSize to that of the queue ${this.#name}`;
        throw new Error(text, { cause: error });
      }
      const fault = knownFaultOf(error, deadLetterQueue);
      throw fault === undefined ? error : new Error(fault.replace(/\.$/, ''), { cause: error });
    }
  }

  async #writeDeadLetter(message: Message, reason: DeadLetterReason): Promise<void> {
    const limitBytes = await this.#limitOf(this.#deadLetterCalls);
    const written = deadLetterOf(this.#name, message, reason, limitBytes);
    // A group of its own, so that a list has all: SQS hands out ten of a group at most.
    const id = hashOf(JSON.stringify([this.#name, message.MessageId]));
    const fifo = this.#fifo(this.#settings.deadLetterUrl, id, id);
    await this.#sendAll(this.#deadLetterCalls, [{ written, fifo }]);
  }

  #fifo(url: string, group: string, deduplicationId: string): Outgoing['fifo'] {
    if (!isFifo(url)) return undefined;
    // A group has up to 128 visible characters.
    return { group: /^[\x21-\x7e]{1,128}$/.test(group) ? group : hashOf(group), deduplicationId };
  }

  /** @throws where SQS has not stored all of them */
  async #sendAll(calls: SqsCalls, batch: readonly Outgoing[]): Promise<void> {
    let failures = await calls.send(batch);
    for (const pauseMs of SEND_AGAIN_MS) {
      if (failures.length === 0 || failures.some(({ isFinal }) => isFinal)) break;
      await delay(pauseMs);
      failures = await calls.send(failures.map(({ entry }) => entry));
    }
    const [failure] = failures;
    if (failure) throw failure.error;
  }

  async #limitOf(calls: SqsCalls): Promise<number> {
    const known =
      this.#limits.get(calls) ??
      calls
        .attributes(['MaximumMessageSize'])
        .then(({ MaximumMessageSize: bytes }) => Number(bytes) || LARGEST_BYTES);
    this.#limits.set(calls, known);
    known.catch(() => this.#limits.delete(calls));
    return await known;
  }

  /** Each message once, hidden from others for a while. */
  async *#receiveDeadLetters(): AsyncGenerator<Message[]> {
    for (let empty = 0; empty < EMPTY_ANSWERS;) {
      const messages = await this.#deadLetterCalls.receive({
        hiddenForS: READ_WITHIN_S,
        waitS: READ_WAIT_S,
      });
      empty = messages.length === 0 ? empty + 1 : 0;
      if (messages.length > 0) yield messages;
    }
  }

  async #giveBack(messages: readonly Message[]): Promise<void> {
    await Promise.all(inTens(messages).map((some) => this.#deadLetterCalls.hide(some, 0)));
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @throws where the queue can't be asked */
async function faultIn(calls: SqsCalls, queue: string): Promise<string | undefined> {
  try {
    await calls.attributes(['QueueArn']);
    return undefined;
  } catch (error) {
    const fault = knownFaultOf(error, queue);
    if (fault === undefined) throw error;
    return fault;
  }
}

/** For people, with the remedy; undefined for a failure of another kind. */
function knownFaultOf(error: unknown, queue: string): string | undefined {
  const { message, name } = error as Error;
  if (/NonExistentQueue|QueueDoesNotExist/.test(name)) {
    return `SQS has no queue ${queue}: create it, or correct its URL.`;
  }
  if (name.includes('AccessDenied')) {
    return `These AWS credentials may not use the queue ${queue}: allow sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:SendMessage, sqs:ChangeMessageVisibility and sqs:DeleteMessage.`;
  }
  if (name === 'CredentialsProviderError') {
    return `There are no AWS credentials for the queue ${queue}: ${message}`;
  }
  return undefined;
}
