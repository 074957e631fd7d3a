import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { waitsForWorker } from '../store/waitsForWorker.js';

/** The heartbeat details. */
interface Progress {
  /** The messages that were reached, so that the next attempt skips them. */
  told: string[];
  /** Those that are left, so that the next attempt need not look for them. Workers of earlier versions knew only `told`. */
  left?: string[];
  /** How many are signalled at the same time. */
  atOnce?: number;
  /** Attempts in a row that ended because the last signal was not taken up. */
  inVain?: number;
}

/** Signals that are sent at the same time: not more than a second's. */
const MOST_AT_ONCE = 20;
/** Workers that have taken up the last signal in this time get twice as many at once. */
const SOON_MS = 1_000;
/** Workers that need longer than this get half as many. In between they are busy, and nothing waits for long. */
const LATE_MS = 5_000;
/**
 * The time from a signal to the first look whether it was taken up: half of what the last group took, and at least this. It doubles
 * with each look, up to the longest.
 */
const FIRST_LOOK_MS = 100;
const LONGEST_LOOK_MS = 2_000;
/**
 * An attempt that is older than this, and would wait for the workers, ends. So it gives its place to other activities, which may be
 * what the workers need.
 */
const ATTEMPT_MS = 20_000;
/** Temporal writes each heartbeat down. While nothing is sent, one in this time says that the worker lives. */
const HEARTBEAT_MS = 5_000;
const ASK_AGAIN = '1 second';
/** After so many attempts, some minutes, the message is taken for one that no worker will ever take up, and is passed over. */
const ATTEMPTS_IN_VAIN = 20;

/**
 * The signals that one activity sends to many messages: at a pace, and no faster than the workers take them up. Temporal hands out
 * the workflow tasks of one queue in their order. So thousands of signals that are sent ahead of the workers keep every new message
 * waiting, and run into time-outs.
 */
export class PacedSignals {
  readonly #context = Context.current();
  readonly #startedAt = performance.now();
  readonly #client: Client;
  readonly #perSecond: number;
  readonly #progress: Progress & Required<Pick<Progress, 'atOnce' | 'inVain'>>;
  #beatAt = -Infinity;
  /** The time to the first look. */
  #lookMs: number;

  /** Continues after the last heartbeat of an earlier attempt. */
  constructor(client: Client, perSecond: number) {
    this.#client = client;
    this.#perSecond = perSecond;
    const earlier = this.#context.info.heartbeatDetails as Progress | undefined;
    this.#progress = { told: [], atOnce: 1, inVain: 0, ...earlier };
    this.#lookMs = this.#progress.inVain > 0 ? LONGEST_LOOK_MS : FIRST_LOOK_MS;
  }

  heartbeat(): void {
    this.#beatAt = performance.now();
    this.#context.heartbeat(this.#progress satisfies Progress);
  }

  /** Those that earlier attempts have left; undefined where none has begun to signal. */
  get left(): string[] | undefined {
    return this.#progress.left;
  }

  /**
   * Signals those that no earlier attempt has.
   *
   * @param signal resolves with false where the message has ended
   * @returns how many were reached in all attempts
   */
  async send(keys: string[], signal: (key: string) => Promise<boolean>): Promise<number> {
    const { told } = this.#progress;
    const most = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(this.#perSecond)));
    let left = keys.filter((key) => !told.includes(key));
    while (left.length > 0) {
      const startedAt = performance.now();
      const group = left.slice(0, Math.min(this.#progress.atOnce, most));
      const done = new Set<string>();
      const signals = await Promise.allSettled(
        group.map(async (key) => {
          if (await signal(key)) told.push(key);
          done.add(key);
        }),
      );
      left = left.filter((key) => !done.has(key));
      this.#progress.left = left;
      this.heartbeat();
      for (const each of signals) if (each.status === 'rejected') throw each.reason;
      const paceMs = (group.length * 1_000) / this.#perSecond;
      const leftMs = Math.max(paceMs, this.#lookMs) - (performance.now() - startedAt);
      // Rejects where the worker is asked to stop: another worker continues.
      await this.#context.sleep(Math.max(1, leftMs));
      await this.takenUp();
      this.#adapt(performance.now() - startedAt);
    }
    return told.length;
  }

  /**
   * Resolves when the workers have taken up the last signal, and with it those before. Throws, for a later attempt, where that takes
   * long.
   */
  async takenUp(): Promise<void> {
    const last = this.#progress.told.at(-1);
    if (last === undefined) return;
    for (let lookMs = this.#lookMs; await waitsForWorker(this.#client, last); lookMs *= 2) {
      if (performance.now() - this.#startedAt > ATTEMPT_MS) {
        if (this.#progress.inVain >= ATTEMPTS_IN_VAIN) break;
        this.#progress.inVain += 1;
        this.#adapt(Infinity);
        this.heartbeat();
        throw notTakenUp();
      }
      await this.#context.sleep(Math.min(lookMs, LONGEST_LOOK_MS));
      if (performance.now() - this.#beatAt > HEARTBEAT_MS) this.heartbeat();
    }
    this.#progress.inVain = 0;
  }

  /** @param tookMs from the first signal of a group until the last was taken up */
  #adapt(tookMs: number): void {
    const factor = tookMs < SOON_MS ? 2 : tookMs > LATE_MS ? 1 / 2 : 1;
    const atOnce = Math.floor(this.#progress.atOnce * factor);
    this.#progress.atOnce = Math.max(1, Math.min(MOST_AT_ONCE, atOnce));
    this.#lookMs = Math.max(FIRST_LOOK_MS, Math.min(LATE_MS, tookMs / 2));
  }
}

function notTakenUp(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'The workers have not taken up the last signals yet: the others wait for them',
    nextRetryDelay: ASK_AGAIN,
    category: ApplicationFailureCategory.BENIGN,
  });
}
