/** Breaks in long work, in which other requests have their turn: Node.js does one thing at a time. */
import { setImmediate } from 'node:timers/promises';

/** How long the work goes on at once, roughly: what it does between two questions takes longer or shorter. */
const BREAK_EVERY_MS = 10;

export class LoopBreaks {
  #since = performance.now();

  /** Whether it is time for a break. Cheap enough for every few thousand steps. */
  get isDue(): boolean {
    return performance.now() - this.#since >= BREAK_EVERY_MS;
  }

  /** Lets others have their turn if it is time for that. */
  async take(): Promise<void> {
    if (!this.isDue) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
