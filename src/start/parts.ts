/** What came up in this process, so that it can go down in the reverse order. */
import type { Logger } from 'pino';

export class Parts {
  readonly #log: Logger;
  readonly #up: { name: string; stop: () => Promise<unknown> }[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Adds a part that has come up. It is stopped before those that were added earlier. */
  add(name: string, stop: () => Promise<unknown>): void {
    this.#up.push({ name, stop });
  }

  /** Stops one after the other. One that fails to is logged, and the rest are stopped all the same. */
  async stop(): Promise<void> {
    for (const { name, stop } of this.#up.reverse()) {
      try {
        await stop();
        this.#log.debug(`stopped: ${name}`);
      } catch (error) {
        this.#log.error({ err: error }, `did not stop cleanly: ${name}`);
      }
    }
  }
}
