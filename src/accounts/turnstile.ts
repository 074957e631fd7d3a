/** Node.js takes longer timers for timers of 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Whose turn it is, and for how long it is waited for. */
export interface Turn {
  /** 1 goes before 5. */
  priority: number;
  /** ISO 8601: of equal priorities, the delivery that was due first goes first. */
  dueAt: string;
  /** In milliseconds. */
  waitsAtMostMs: number;
  /** Ends the wait with its reason. */
  signal: AbortSignal;
}

interface Waiting {
  turn: Turn;
  admit: () => void;
  turnAway: () => void;
}

/**
 * Admits one after the other, each as soon as `opensAt` says, and those that wait in their order. Waiting takes nothing but
 * memory.
 */
export class Turnstile {
  readonly #opensAt: (now: number) => number;
  readonly #passed: (now: number) => void;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param opensAt when the next one may pass, in milliseconds of `performance.now()`; in the past: at once
   * @param passed is called when one passes
   */
  constructor(opensAt: (now: number) => number, passed: (now: number) => void) {
    this.#opensAt = opensAt;
    this.#passed = passed;
  }

  /**
   * Resolves with true when it is this one's turn; with false when it has waited for long enough.
   *
   * @throws the reason of the turn's signal
   */
  async pass(turn: Turn): Promise<boolean> {
    turn.signal.throwIfAborted();
    const now = performance.now();
    if (this.#waiting.length === 0 && this.#opensAt(now) <= now) {
      this.#passed(now);
      return true;
    }
    if (this.#isClosed || turn.waitsAtMostMs <= 0) return false;
    return await this.#wait(turn);
  }

  /** To be called when `opensAt` has changed other than by somebody passing. */
  update(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (;;) {
      const [next] = this.#waiting;
      if (!next) return;
      const now = performance.now();
      const opensAt = this.#opensAt(now);
      if (opensAt > now) {
        this.#timer = setTimeout(() => this.update(), Math.min(opensAt - now, LONGEST_TIMER_MS));
        return;
      }
      this.#passed(now);
      next.admit();
    }
  }

  /** Turns away those who wait, and from now on all who would have to. */
  close(): void {
    this.#isClosed = true;
    for (const { turnAway } of [...this.#waiting]) turnAway();
  }

  #wait(turn: Turn): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        turn,
        admit: () => {
          leave();
          resolve(true);
        },
        turnAway: () => {
          leave();
          resolve(false);
        },
      };
      const timeUp = setTimeout(waiting.turnAway, Math.min(turn.waitsAtMostMs, LONGEST_TIMER_MS));
      const abort = (): void => {
        leave();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the signal says
        reject(turn.signal.reason);
      };
      const leave = (): void => {
        clearTimeout(timeUp);
        turn.signal.removeEventListener('abort', abort);
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        if (this.#waiting.length === 0) clearTimeout(this.#timer);
      };
      turn.signal.addEventListener('abort', abort);
      const place = this.#waiting.findIndex((each) => isBefore(turn, each.turn));
      this.#waiting.splice(place === -1 ? this.#waiting.length : place, 0, waiting);
      if (this.#timer === undefined || this.#waiting.length === 1) this.update();
    });
  }
}

function isBefore(one: Turn, other: Turn): boolean {
  if (one.priority !== other.priority) return one.priority < other.priority;
  return one.dueAt < other.dueAt;
}
