/** Runs a bounded number of calls at once, lets a bounded number wait for a bounded time, and refuses the rest. */
import { onceAborted } from '../lib/deadline.js';
import { FairTurns, type Line, type Turn } from './fairTurns.js';

export interface CallBounds {
  /** What the calls are for, as `reading messages`. */
  purpose: string;
  /** Calls that run at once. */
  concurrent: number;
  /** Calls that wait for one of these to end. With one more, the last of the longest line is refused with `TooManyCalls`. */
  waiting: number;
  /** For each call: as long as it may wait for its turn, and then as long as it may run. In milliseconds. */
  deadlineMs: number;
  /**
   * Searches and counts have bounds of their own, so that reading one message doesn't wait for many who search. Equal ones that are
   * made at the same time are one call. Absent: they are bounded as other calls are.
   */
  searches?: { concurrent: number; waiting: number };
}

/** The call was not made: as many as may wait were waiting, and its line was the longest, or its turn didn't come in time. */
export class TooManyCalls extends Error {
  override readonly name = 'TooManyCalls';
  readonly purpose: string;

  constructor({ concurrent, purpose, waiting }: CallBounds) {
    super(`${concurrent} calls to Temporal for ${purpose} run and up to ${waiting} wait already.`);
    this.purpose = purpose;
  }
}

/** How a call waits for its turn. */
export interface Patience {
  line: Line;
  withinMs: number;
  /** End the waiting, with their reason. */
  signals: readonly (AbortSignal | undefined)[];
}

interface WaitingCall extends Turn {
  begin(): void;
  refuse(): void;
}

export class CallGate {
  readonly #bounds: CallBounds;
  readonly #waiting = new FairTurns<WaitingCall>();
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
      // The place goes straight to the one whose turn it is.
      const next = this.#waiting.takeNext();
      if (next) next.begin();
      else this.#running -= 1;
    }
  }

  #turn({ line, withinMs, signals }: Patience): Promise<void> {
    this.#makeRoom(line);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        forget();
      };
      const leave = (error: Error): void => {
        settle();
        this.#waiting.remove(turn);
        reject(error);
      };
      const refuse = (): void => leave(new TooManyCalls(this.#bounds));
      const begin = (): void => {
        settle();
        resolve();
      };
      const turn: WaitingCall = { line, begin, refuse };
      let forget: () => void = () => undefined;
      this.#waiting.add(turn);
      const timer = setTimeout(refuse, withinMs);
      forget = onceAborted(signals, leave);
    });
  }

  /** Where as many wait as may, only those of the longest line are refused. */
  #makeRoom(line: Line): void {
    if (this.#waiting.size < this.#bounds.waiting) return;
    const last = this.#waiting.lastOfLonger(line);
    if (!last) throw new TooManyCalls(this.#bounds);
    last.refuse();
  }
}
