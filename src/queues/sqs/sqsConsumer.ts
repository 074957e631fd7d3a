/** Consumes one SQS queue: sqs-consumer receives, and each message is deleted when it is settled. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import type { Logger } from 'pino';
import { Consumer } from 'sqs-consumer';
import { withinTime } from '../../lib/deadline.js';
import type { DeadLetterReason, HandleRecord, QueueConsumer, QueueRecord } from '../queue.js';
import { MOST_IN_BATCH, SYSTEM_ATTRIBUTES, type SqsCalls, type SqsClient } from './calls.js';
import { headersOf, readContent } from './content.js';
import { identityOf, sentAtOf } from './deadLetterAttributes.js';
import { Reservations, type Reserved } from './reservations.js';

/** One request brings ten messages. So many wait at once, where so many records may be in hand. */
const MOST_RECEIVERS = 4;
const IN_HAND_FOR_EACH = 50;

/** Bytes of all records in hand; beyond, nothing is received. */
const MOST_BYTES_IN_HAND = 32 * 1024 * 1024;

/** Pauses after an error, doubled each time. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** How long SQS holds a request while the queue is empty: a stop waits as long. */
const WAIT_S = 5;

/** While it isn't known that the queue can be reached. */
const FIRST_WAIT_S = 1;

const LOOK_AGAIN_MS = 20;

/** Shorter than `CONSUMER_STOP_MS` together. The first is longer than a request waits. */
const FINISH_WITHIN_MS = 6_500;
const FAREWELL_WITHIN_MS = 4_000;

export interface SqsConsumerOptions {
  client: SqsClient;
  calls: Pick<SqsCalls, 'hide' | 'delete'>;
  url: string;
  /** The name of the queue, for the ids of its records. */
  queue: string;
  isFifo: boolean;
  visibilityTimeoutMs: number;
  mostInHand: number;
  handle: HandleRecord;
  moveToDeadLetters: (message: Message, reason: DeadLetterReason) => Promise<void>;
  log: Logger;
}

interface InHand {
  reserved: Reserved;
  /** Of a FIFO queue: what it is ordered by. */
  group: string | undefined;
}

export class SqsConsumer implements QueueConsumer {
  readonly #options: SqsConsumerOptions;
  readonly #reservations: Reservations;
  readonly #receivers: Consumer[];
  readonly #stopping = new AbortController();
  readonly #begun = new Set<Promise<unknown>>();
  readonly #inHand = new Set<InHand>();
  /** Receivers that wait for room, or for `resume`. */
  readonly #waiting = new Set<() => void>();
  #receiving = 0;
  #bytesInHand = 0;
  #isPaused = false;
  /** Then one receiver is enough. */
  #isEmpty = false;
  #pauseMs = FIRST_PAUSE_MS;
  #notBefore = 0;
  #fault: string | undefined = 'It has not reached the queue yet.';

  constructor(options: SqsConsumerOptions) {
    this.#options = options;
    const { calls, log, mostInHand, visibilityTimeoutMs } = options;
    const onLeft = (): void => this.#wake();
    this.#reservations = new Reservations({ calls, visibilityTimeoutMs, log, onLeft });
    const count = Math.min(MOST_RECEIVERS, Math.ceil(mostInHand / IN_HAND_FOR_EACH));
    this.#receivers = Array.from({ length: count }, () => this.#receiver());
    for (const receiver of this.#receivers) receiver.start();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#wake();
  }

  fault(): string | undefined {
    return this.#fault;
  }

  async stop(): Promise<void> {
    const reason = new Error('The consumer stops.');
    this.#stopping.abort(reason);
    for (const receiver of this.#receivers) receiver.stop();
    this.#wake();
    this.#reservations.revokeAll(reason);
    const finished = Promise.all([this.#allReceived(), Promise.allSettled(this.#begun)]);
    await this.#within(finished, FINISH_WITHIN_MS);
    await this.#within(this.#reservations.flush(), FAREWELL_WITHIN_MS);
    this.#reservations.stop();
  }

  /** A request that is broken off may still take messages, which nobody would give back. */
  async #allReceived(): Promise<void> {
    while (this.#receivers.some(({ status }) => status.isPolling)) await delay(LOOK_AGAIN_MS);
  }

  async #within(work: Promise<unknown>, withinMs: number): Promise<void> {
    const late = () => new Error(`The records in hand were not settled within ${withinMs} ms.`);
    await withinTime(work, withinMs, { late }).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'Records come again, and are duplicates');
    });
  }

  /** The library receives, and this class decides when, and what becomes of what was received. */
  #receiver(): Consumer {
    const { client, isFifo, url, visibilityTimeoutMs } = this.#options;
    let isReceiving = false;
    const received = (): void => {
      if (isReceiving) this.#receiving -= 1;
      isReceiving = false;
    };
    const receiver = Consumer.create({
      queueUrl: url,
      // It uses nothing but `send`.
      sqs: client as SQSClient,
      batchSize: MOST_IN_BATCH,
      waitTimeSeconds: FIRST_WAIT_S,
      visibilityTimeout: Math.floor(visibilityTimeoutMs / 1_000),
      messageAttributeNames: ['All'],
      messageSystemAttributeNames: SYSTEM_ATTRIBUTES,
      authenticationErrorTimeout: FIRST_PAUSE_MS,
      shouldDeleteMessages: false,
      strictReturn: true,
      suppressFifoWarning: isFifo,
      preReceiveMessageCallback: async () => {
        await this.#turn();
        isReceiving = true;
      },
      handleMessageBatch: (messages) => {
        received();
        this.#isEmpty = false;
        for (const message of messages) this.#take(message);
        return Promise.resolve([]);
      },
    });
    const reached = (): void => {
      received();
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#fault = undefined;
      receiver.updateOption('waitTimeSeconds', WAIT_S);
      this.#wake();
    };
    receiver.on('empty', () => {
      this.#isEmpty = true;
      reached();
    });
    receiver.on('response_processed', reached);
    receiver.on('error', (error) => {
      received();
      if (this.#stopping.signal.aborted) return;
      receiver.updateOption('waitTimeSeconds', FIRST_WAIT_S);
      this.#failed(error);
    });
    return receiver;
  }

  /** Resolves when ten more may be received. */
  async #turn(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      signal.throwIfAborted();
      const waitMs = this.#notBefore - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal });
      else if (this.#hasRoom()) break;
      else await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    this.#receiving += 1;
  }

  #hasRoom(): boolean {
    const expected = (this.#receiving + 1) * MOST_IN_BATCH;
    return (
      !this.#isPaused &&
      !(this.#isEmpty && this.#receiving > 0) &&
      this.#bytesInHand < MOST_BYTES_IN_HAND &&
      this.#reservations.size + expected <= this.#options.mostInHand
    );
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const look of waiting) look();
  }

  #failed({ cause, message }: Error): void {
    // Of several addresses that can't be connected to, the error has no message.
    const { code, message: said = '' } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
    const because = said === '' ? (code ?? message) : said;
    this.#fault = `SQS can’t be read: ${because}.`;
    this.#options.log.warn({ err: cause ?? message }, 'The SQS queue can’t be read; trying again');
    if (this.#notBefore > performance.now()) return;
    this.#notBefore = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #take(message: Message): void {
    const { handle, isFifo } = this.#options;
    const reserved = this.#reservations.add(message);
    if (this.#stopping.signal.aborted) {
      reserved.release({ giveBack: true });
      return;
    }
    const record = this.#recordOf(message);
    const size = record.body.length;
    const each: InHand = { reserved, group: isFifo ? record.orderedBy : undefined };
    this.#inHand.add(each);
    this.#bytesInHand += size;
    const handled = handle(record, reserved.revoked).then((outcome) => {
      this.#begun.delete(handled);
      this.#inHand.delete(each);
      this.#bytesInHand -= size;
      if (outcome === 'settled') reserved.settle();
      else this.#kept(each);
    });
    this.#begun.add(handled);
  }

  #recordOf(message: Message): QueueRecord {
    const { isFifo, moveToDeadLetters, queue } = this.#options;
    const { attributes, body } = readContent(message);
    return {
      id: identityOf(queue, message),
      orderedBy: isFifo ? message.Attributes?.MessageGroupId : undefined,
      headers: headersOf(attributes),
      body,
      sentAt: sentAtOf(message),
      moveToDeadLetters: (reason) => moveToDeadLetters(message, reason),
    };
  }

  /** It comes again: at once where this consumer only stops, else when its time is over. In a group, what follows waits for it. */
  #kept({ group, reserved }: InHand): void {
    reserved.release({ giveBack: this.#stopping.signal.aborted });
    if (group === undefined) return;
    for (const other of this.#inHand) {
      if (other.group === group) other.reserved.revoke(new Error('An earlier record was kept.'));
    }
  }
}
