import type { Logger } from 'pino';
import { withinTime } from './deadline.js';

/**
 * How long one part may take to stop where it doesn't say otherwise: what closes connections or a file takes milliseconds, and its
 * process may be busy for seconds with those who still wait for answers.
 */
const STOP_WITHIN_MS = 5_000;

/** How long all parts may take together: less than the 40 s that the documentation has service managers allow. */
const ALL_STOP_WITHIN_MS = 38_000;

/** The parts of a process that have started, so that they can be stopped in the reverse order. */
export class Parts {
  readonly #log: Logger;
  readonly #allWithinMs: number;
  readonly #started: { name: string; stop: () => unknown; withinMs: number }[] = [];

  constructor(log: Logger, allWithinMs = ALL_STOP_WITHIN_MS) {
    this.#log = log;
    this.#allWithinMs = allWithinMs;
  }

  /**
   * Adds a part that has started. It is stopped before those that were added earlier.
   *
   * @param withinMs how long it may take to stop
   */
  add(name: string, stop: () => unknown, withinMs = STOP_WITHIN_MS): void {
    this.#started.push({ name, stop, withinMs });
  }

  /**
   * Stops one part after the other. A part that fails to stop, or takes too long, is logged; the rest are stopped all the
   * same. Never rejects.
   *
   * @returns whether all of them stopped
   */
  async stop(): Promise<boolean> {
    const until = performance.now() + this.#allWithinMs;
    let allStopped = true;
    for (const { name, stop, withinMs } of this.#started.splice(0).reverse()) {
      const limitMs = Math.max(0, Math.min(withinMs, until - performance.now()));
      try {
        await withinTime(Promise.resolve(stop()), limitMs, { late: () => stillRunning(limitMs) });
        this.#log.debug(`stopped: ${name}`);
      } catch (error) {
        allStopped = false;
        this.#log.error({ err: error }, `did not stop cleanly: ${name}`);
      }
    }
    return allStopped;
  }
}

function stillRunning(limitMs: number): Error {
  return new Error(`It is still running after ${Math.round(limitMs) / 1_000} s.`);
}
