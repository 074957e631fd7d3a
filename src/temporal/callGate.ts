/** Runs a bounded number of calls at once, lets a bounded number wait for a bounded time, and refuses the rest. */
import { onceAborted } from '../lib/deadline.js';

export interface CallBounds {
  /** What the calls are for, as `reading messages`. */
  purpose: string;
  /** Calls that run at once. */
  concurrent: number;
  /** Calls that wait for one of these to end. One more is refused with `TooManyCalls`. */
  waiting: number;
  /** For each call: as long as it may wait for its turn, and then as long as it may run. In milliseconds. */
  deadlineMs: number;
  /**
   * Searches and counts have bounds of their own, so that reading one message doesn't wait for many who search. Equal ones that are
   * made at the same time are one call. Absent: they are bounded as other calls are.
   */
  searches?: { concurrent: number; waiting: number };
}

/** The call was not made: as many as may wait were waiting already, or its turn didn't come in time. */
export class TooManyCalls extends Error {
  override readonly name = 'TooManyCalls';
  readonly purpose: string;

  constructor({ concurrent, purpose, waiting }: CallBounds) {
    super(`${concurrent} calls to Temporal for ${purpose} run and up to ${waiting} wait already.`);
    this.purpose = purpose;
  }
}

/** How long a call waits for its turn. */
export interface Patience {
  withinMs: number;
  /** End the waiting, with their reason. */
  signals: readonly (AbortSignal | undefined)[];
}

export class CallGate {
  readonly #bounds: CallBounds;
  readonly #queue: { begin: () => void }[] = [];
  #running = 0;

  constructor(bounds: CallBounds) {
    this.#bounds = bounds;
  }

  /**
   * Runs a call when it is its turn.
   *
   * @throws TooManyCalls, or the reason of a signal
   */
  async run<Result>(call: () => Promise<Result>, patience: Patience): Promise<Result> {
    if (this.#running < this.#bounds.concurrent) this.#running += 1;
    else await this.#turn(patience);
    try {
      return await call();
    } finally {
      // The place goes straight to the next one in the queue.
      const next = this.#queue.shift();
      if (next) next.begin();
      else this.#running -= 1;
    }
  }

  #turn({ withinMs, signals }: Patience): Promise<void> {
    if (this.#queue.length >= this.#bounds.waiting) throw new TooManyCalls(this.#bounds);
    return new Promise((resolve, reject) => {
      const turn = {
        begin: () => {
          clearTimeout(timer);
          forget();
          resolve();
        },
      };
      const leave = (error: Error): void => {
        clearTimeout(timer);
        forget();
        this.#queue.splice(this.#queue.indexOf(turn), 1);
        reject(error);
      };
      let forget: () => void = () => undefined;
      this.#queue.push(turn);
      const timer = setTimeout(() => leave(new TooManyCalls(this.#bounds)), withinMs);
      forget = onceAborted(signals, leave);
    });
  }
}
