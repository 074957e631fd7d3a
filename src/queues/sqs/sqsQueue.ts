/** A queue of SQS. Imported only where one is configured: it loads the SDK. */
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
import { deadLetterOf, readDeadLetter, replayOf } from './deadLetterAttributes.js';
import { faultOf, knownFaultOf } from './faults.js';
import { hashOf, SqsSender } from './sender.js';
import { isFifo, queueNameOf, type SqsSettings } from './settings.js';
import { SqsConsumer } from './sqsConsumer.js';

/**
 * Records in hand for each ten that the interface allows: a record in hand can't be had by another consumer, must be extended, and
 * counts as received once more after a stop.
 */
const SHARE_IN_HAND = 2 / 10;

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
  readonly #sender: SqsSender;
  readonly #deadLetterSender: SqsSender;

  constructor(client: SqsClient, settings: SqsSettings, context: QueueContext) {
    this.#client = client;
    this.#settings = settings;
    this.#context = context;
    this.#name = queueNameOf(settings.url);
    this.#calls = new SqsCalls(client, settings.url);
    this.#deadLetterCalls = new SqsCalls(client, settings.deadLetterUrl);
    this.#sender = new SqsSender(this.#calls, settings.url);
    this.#deadLetterSender = new SqsSender(this.#deadLetterCalls, settings.deadLetterUrl);
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
    await this.#sender.send(records);
  }

  /** All that is in the queue: waiting, in hand, and delayed. */
  async lag(): Promise<QueueLag[]> {
    const counts = await this.#calls.attributes([...COUNTS]);
    const records = COUNTS.reduce((sum, name) => sum + (Number(counts[name]) || 0), 0);
    return [{ partition: '', records }];
  }

  async sendFault(): Promise<string | undefined> {
    return await faultOf(this.#calls, this.#settings.url, 'consume');
  }

  async faults(): Promise<string[]> {
    const found = await Promise.all([
      this.sendFault(),
      faultOf(this.#deadLetterCalls, this.#settings.deadLetterUrl, 'consume'),
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
    const limitBytes = await this.#sender.limitBytes();
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
    const entries = replays.map(({ replay }): Outgoing => {
      const { group, record, replays: count, written } = replay;
      return {
        written,
        // The same when it is interrupted and begun again.
        fifo: this.#sender.fifo(group ?? hashOf(record), hashOf(`${record} ${count}`)),
      };
    });
    for (const batch of batchesOf(entries, limitBytes)) await this.#sender.sendAll(batch);
    const messages = replays.map(({ message }) => message);
    if (messages.length > 0) await this.#deadLetterCalls.delete(messages);
  }

  /** @throws an error that says the remedy, where that is known */
  async #moveToDeadLetters(message: Message, reason: DeadLetterReason): Promise<void> {
    try {
      await this.#writeDeadLetter(message, reason);
    } catch (error) {
      // It may have been raised when this is tried again.
      this.#deadLetterSender.forgetLimit();
      const deadLetterQueue = queueNameOf(this.#settings.deadLetterUrl);
      if (error instanceof RecordTooLarge) {
        const text = `the queue ${deadLetterQueue} takes up to ${error.limitBytes ?? '?'} bytes: raise its MaximumMessageSize to that of the queue ${this.#name}`;
        throw new Error(text, { cause: error });
      }
      const fault = knownFaultOf(error, deadLetterQueue, 'consume');
      throw fault === undefined ? error : new Error(fault.replace(/\.$/, ''), { cause: error });
    }
  }

  async #writeDeadLetter(message: Message, reason: DeadLetterReason): Promise<void> {
    const limitBytes = await this.#deadLetterSender.limitBytes();
    const written = deadLetterOf(this.#name, message, reason, limitBytes);
    // A group of its own, so that a list has all: SQS hands out ten of a group at most.
    const id = hashOf(JSON.stringify([this.#name, message.MessageId]));
    const fifo = this.#deadLetterSender.fifo(id, id);
    await this.#deadLetterSender.sendAll([{ written, fifo }]);
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
