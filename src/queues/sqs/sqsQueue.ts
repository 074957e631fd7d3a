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
import { deadLettersOf, readDeadLetter, replayOf, type Replay } from './deadLetterAttributes.js';
import { DeadLetterParts, type ReceivedLetter } from './deadLetterParts.js';
import { faultOf, knownFaultOf } from './faults.js';
import { ReceivedOnce } from './receivedOnce.js';
import { hashOf, SqsSender } from './sender.js';
import { isFifo, queueNameOf, type SqsSettings } from './settings.js';
import { SqsConsumer } from './sqsConsumer.js';

/**
 * Records in hand for each ten that the interface allows: a record in hand can't be had by another consumer, must be extended, and
 * counts as received once more after a stop.
 */
const SHARE_IN_HAND = 2 / 10;

/** How long the dead letters are hidden from others while they are listed or replayed, and for each ten of them beside. */
const READ_WITHIN_S = 120;
const READ_TEN_WITHIN_S = 1;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
const LONGEST_HIDDEN_S = 12 * 60 * 60;

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

interface LetterReplay {
  letter: ReceivedLetter;
  replay: Replay;
}

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
    const letters: ReceivedLetter[] = [];
    const parts = new DeadLetterParts();
    const received = new ReceivedOnce();
    try {
      for await (const messages of this.#receiveDeadLetters(received)) {
        letters.push(...parts.add(messages));
        if (letters.length >= atMost) break;
      }
    } finally {
      const stored = letters.flatMap((letter) => letter.stored);
      await this.#giveBack(received.withLastReceipts([...stored, ...parts.rest()]));
    }
    return letters
      .map(({ message }) => readDeadLetter(message))
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
    const parts = new DeadLetterParts();
    const received = new ReceivedOnce();
    try {
      for await (const messages of this.#receiveDeadLetters(received)) {
        const replays: LetterReplay[] = [];
        for (const letter of parts.add(messages)) {
          const replay = this.#replayOf(letter, limitBytes);
          // One that comes again was moved here again meanwhile.
          if (replay && !replayed.has(replay.record)) replays.push({ letter, replay });
          else again.push(...letter.stored);
        }
        await this.#replay(replays, received, limitBytes);
        for (const { replay } of replays) replayed.add(replay.record);
      }
    } finally {
      await this.#giveBack(received.withLastReceipts([...again, ...parts.rest()]));
    }
    return replayed.size;
  }

  /** Undefined where the queue doesn't take it, with what a replay adds: it stays a dead letter. */
  #replayOf({ message }: ReceivedLetter, limitBytes: number): Replay | undefined {
    try {
      return replayOf(this.#name, message, limitBytes);
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      const { origin } = readDeadLetter(message);
      this.#context.log.warn(
        { record: origin, queue: this.#name, limitBytes },
        'A dead letter can’t be replayed: the queue takes no record of this size',
      );
      return undefined;
    }
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  async #replay(
    replays: readonly LetterReplay[],
    received: ReceivedOnce,
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
    const messages = received.withLastReceipts(replays.flatMap(({ letter }) => letter.stored));
    for (const some of inTens(messages)) await this.#deadLetterCalls.delete(some);
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
    const parts = deadLettersOf(this.#name, message, reason, limitBytes);
    for (const [index, written] of parts.entries()) {
      // A group of its own, so that a list has all: SQS hands out ten of a group at most, and none while one of it is in hand.
      const identity = [this.#name, message.MessageId, ...(index === 0 ? [] : [index])];
      const id = hashOf(JSON.stringify(identity));
      await this.#deadLetterSender.sendAll([
        { written, fifo: this.#deadLetterSender.fifo(id, id) },
      ]);
    }
  }

  /** Each message once, hidden from others for a while. */
  async *#receiveDeadLetters(received: ReceivedOnce): AsyncGenerator<Message[]> {
    const hiddenForS = await this.#hiddenForS();
    for (let empty = 0; empty < EMPTY_ANSWERS && !received.onlyRepeats;) {
      const messages = await this.#deadLetterCalls.receive({ hiddenForS, waitS: READ_WAIT_S });
      empty = messages.length === 0 ? empty + 1 : 0;
      const added = received.add(messages);
      if (added.length > 0) yield added;
    }
  }

  /** Until all are read: those that come again before are in the way of the others. */
  async #hiddenForS(): Promise<number> {
    const tens = Math.ceil((await this.countDeadLetters()) / MOST_IN_BATCH);
    return Math.min(READ_WITHIN_S + tens * READ_TEN_WITHIN_S, LONGEST_HIDDEN_S);
  }

  async #giveBack(messages: readonly Message[]): Promise<void> {
    await Promise.all(inTens(messages).map((some) => this.#deadLetterCalls.hide(some, 0)));
  }
}
