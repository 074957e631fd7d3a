import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/**
 * How long one part may take to stop. The longest is a worker, which finishes its attempts for up to 25 s
 * (`SHUTDOWN_GRACE_TIME`).
 */
const STOP_TIMEOUT_MS = 30_000;

/** The parts of a process that have started, so that they can be stopped in the reverse order. */
export class Parts {
  readonly #log: Logger;
  readonly #stopTimeoutMs: number;
  readonly #started: { name: string; stop: () => Promise<unknown> }[] = [];

  constructor(log: Logger, stopTimeoutMs = STOP_TIMEOUT_MS) {
    this.#log = log;
    this.#stopTimeoutMs = stopTimeoutMs;
  }

  /** Adds a part that has started. It is stopped before those that were added earlier. */
  add(name: string, stop: () => Promise<unknown>): void {
    this.#started.push({ name, stop });
  }

  /**
   * Stops one part after the other. A part that fails to stop, or takes too long, is logged; the rest are stopped all the
   * same. Never rejects.
   *
   * @returns whether all of them stopped
   */
  async stop(): Promise<boolean> {
    let allStopped = true;
    for (const { name, stop } of this.#started.splice(0).reverse()) {
      try {
        await this.#withTimeout(stop);
        this.#log.debug(`stopped: ${name}`);
      } catch (error) {
        allStopped = false;
        this.#log.error({ err: error }, `did not stop cleanly: ${name}`);
      }
    }
    return allStopped;
  }

  async #withTimeout(stop: () => Promise<unknown>): Promise<void> {
    const stopped = new AbortController();
    const timeout = delay(this.#stopTimeoutMs, undefined, { signal: stopped.signal }).then(() => {
      throw new Error(`It is still running after ${this.#stopTimeoutMs / 1_000} s.`);
    });
    try {
      await Promise.race([stop(), timeout]);
    } finally {
      stopped.abort();
    }
  }
}
