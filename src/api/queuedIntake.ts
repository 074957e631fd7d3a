/** The queue in front of the API: what was sent is stored there, and its consumers accept it. */
import type { Logger } from 'pino';
import { withinTime } from '../lib/deadline.js';
import { RecordTooLarge, type OutgoingRecord, type Queue } from '../queues/queue.js';
import type { Metrics } from '../telemetry/metrics.js';
import { bodyTooLarge, Problem } from './problem.js';

/**
 * Records that go with one request to the queue, and requests under way at once. Two: one is stored while the next is made. With
 * more, each has fewer records, and costs the API and the broker as much.
 */
const MOST_TOGETHER = 200;
const MOST_BYTES_TOGETHER = 512 * 1024;
const MOST_SENDINGS = 2;

/** Beyond, requests are refused: the queue is slower than its senders. */
const MOST_WAITING = 5_000;

/** A request that takes longer may have been stored all the same: with the same key it is then a duplicate. */
const SEND_WITHIN_MS = 10_000;

const RETRY_AFTER_S = 5;

const LAG_WITHIN_MS = 2_000;
const LAG_KEPT_MS = 1_000;

/** Whether the queue takes records is asked so seldom, and a failure to store counts for as long. */
const FAULT_WITHIN_MS = 3_000;
const FAULT_KEPT_MS = 5_000;

/** Keys of this process that are remembered as queued. */
const MOST_REMEMBERED = 100_000;
const REMEMBERED_MS = 24 * 60 * 60 * 1_000;

interface Waiting {
  record: OutgoingRecord;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export interface QueuedIntakeOptions {
  /** As in `queues:`. */
  name: string;
  queue: Pick<Queue, 'send' | 'lag' | 'sendFault'>;
  metrics: Pick<Metrics, 'queued'>;
  log: Logger;
}

export class QueuedIntake {
  readonly name: string;
  readonly #queue: QueuedIntakeOptions['queue'];
  readonly #log: Logger;
  readonly #metrics: Pick<Metrics, 'queued'>;
  #waiting: Waiting[] = [];
  #sendings = 0;
  #isSendingSoon = false;
  #isAway = false;
  #failedAt = -Infinity;
  #fault: Promise<string | undefined> = Promise.resolve(undefined);
  #faultUntil = -Infinity;
  #lag: Promise<number | undefined> = Promise.resolve(undefined);
  #lagUntil = -Infinity;
  /** By the id of a message, the oldest first. */
  readonly #queuedAt = new Map<string, number>();

  constructor({ log, metrics, name, queue }: QueuedIntakeOptions) {
    this.name = name;
    this.#queue = queue;
    this.#log = log;
    this.#metrics = metrics;
  }

  /**
   * Resolves when the queue has stored the record on all replicas that are in sync.
   *
   * @param key the id of the message, to be remembered as queued
   * @throws Problem where the queue has not stored it
   */
  async put(record: OutgoingRecord, key?: string): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) {
      const detail = `The queue ${this.name} is slower than what is sent: ${MOST_WAITING} requests wait for it. Nothing was accepted.`;
      throw new Problem('overloaded', detail, { retryAfterSeconds: RETRY_AFTER_S });
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#sendSoon();
    });
    if (key !== undefined) this.#remember(key);
  }

  /** When this process has queued the key lately; undefined if it hasn't, or has forgotten. */
  queuedAt(key: string): Date | undefined {
    const at = this.#queuedAt.get(key);
    return at === undefined || at + REMEMBERED_MS < Date.now() ? undefined : new Date(at);
  }

  /** For people: how much is in the queue, as far as that can be asked. Asked seldom, however often it is called. */
  readonly lag = async (): Promise<number | undefined> => {
    if (performance.now() > this.#lagUntil) {
      this.#lagUntil = performance.now() + LAG_KEPT_MS;
      this.#lag = this.#askLag();
    }
    return await this.#lag;
  };

  /**
   * Why the queue takes nothing now, with the remedy; undefined if it takes records. Asked seldom, however often it is called.
   * What is sent decides sooner: a probe must not keep an API without senders from being ready again.
   */
  readonly fault = async (): Promise<string | undefined> => {
    const now = performance.now();
    if (this.#isAway && now < this.#failedAt + FAULT_KEPT_MS) {
      return `The queue ${this.name} doesn’t store what is sent. The log of the API has the cause.`;
    }
    if (now >= this.#faultUntil) {
      this.#faultUntil = Infinity;
      this.#fault = this.#askFault().finally(() => {
        this.#faultUntil = performance.now() + FAULT_KEPT_MS;
      });
    }
    return await this.#fault;
  };

  async #askFault(): Promise<string | undefined> {
    const late = () => new Error(`It has not answered within ${FAULT_WITHIN_MS / 1_000} s`);
    try {
      return await withinTime(this.#queue.sendFault(), FAULT_WITHIN_MS, { late });
    } catch (error) {
      this.#log.warn({ err: error, queue: this.name }, 'The queue of the intake can’t be asked');
      return `The queue ${this.name} can’t be reached. See whether it runs; the log of the API has the cause.`;
    }
  }

  async #askLag(): Promise<number | undefined> {
    const late = () => new Error('The lag was not known in time.');
    try {
      const parts = await withinTime(this.#queue.lag(), LAG_WITHIN_MS, { late });
      return parts.reduce((sum, { records }) => sum + records, 0);
    } catch (error) {
      this.#log.debug({ err: error, queue: this.name }, 'The lag of the queue can’t be measured');
      return undefined;
    }
  }

  #remember(key: string): void {
    // Its place is among the newest, also where it was queued before.
    this.#queuedAt.delete(key);
    this.#queuedAt.set(key, Date.now());
    if (this.#queuedAt.size <= MOST_REMEMBERED) return;
    for (const oldest of this.#queuedAt.keys()) {
      this.#queuedAt.delete(oldest);
      break;
    }
  }

  /** What was received in one turn of the event loop goes together. */
  #sendSoon(): void {
    if (this.#isSendingSoon || this.#sendings >= MOST_SENDINGS) return;
    this.#isSendingSoon = true;
    setImmediate(() => {
      this.#isSendingSoon = false;
      this.#sendMore();
    });
  }

  #sendMore(): void {
    while (this.#sendings < MOST_SENDINGS && this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, countTogether(this.#waiting));
      this.#sendings += 1;
      void this.#send(together).finally(() => {
        this.#sendings -= 1;
        this.#sendMore();
      });
    }
  }

  /** Never rejects. */
  async #send(together: readonly Waiting[]): Promise<void> {
    const late = () => new Error(`It has not answered within ${SEND_WITHIN_MS} ms`);
    try {
      const records = together.map(({ record }) => record);
      await withinTime(this.#queue.send(records), SEND_WITHIN_MS, { late });
      if (this.#isAway) this.#log.info({ queue: this.name }, 'The queue takes records again');
      this.#isAway = false;
      this.#metrics.queued.inc({ queue: this.name }, together.length);
      for (const { resolve } of together) resolve();
    } catch (error) {
      if (error instanceof RecordTooLarge && together.length > 1) {
        // Only one of them is, and the others are to be stored.
        for (const each of together) await this.#send([each]);
        return;
      }
      const problem = this.#problemOf(error);
      for (const { reject } of together) reject(problem);
    }
  }

  #problemOf(error: unknown): Problem {
    if (error instanceof RecordTooLarge) return bodyTooLarge(error.limitBytes ?? '?', error);
    // One line for each time that it goes away.
    if (!this.#isAway) this.#log.error({ err: error, queue: this.name }, 'The queue takes nothing');
    this.#isAway = true;
    this.#failedAt = performance.now();
    return new Problem(
      'queue_unavailable',
      `The queue ${this.name} doesn’t store what is sent. Nothing was accepted: send it again with the same key.`,
      { retryAfterSeconds: RETRY_AFTER_S, cause: error },
    );
  }
}

/** How many of the first go with one request: at least one. */
function countTogether(waiting: readonly Waiting[]): number {
  let bytes = 0;
  let count = 0;
  for (const { record } of waiting) {
    bytes += record.body.length;
    if (count > 0 && (count >= MOST_TOGETHER || bytes > MOST_BYTES_TOGETHER)) break;
    count += 1;
  }
  return count;
}
