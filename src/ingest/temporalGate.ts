/** How many records are accepted at once: none but one now and then while Temporal is away. */
import { onceAborted } from '../lib/deadline.js';

/** Pauses between two tries while Temporal is away, doubled each time. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

export interface TemporalGateOptions {
  /** As many at once, while all goes well. */
  inFlight: number;
  /** Whether a failure says that Temporal can't accept anything now. */
  isAway(error: unknown): boolean;
  /** Temporal has gone away, or is back. */
  onChange(change: { isOpen: boolean; error?: unknown }): void;
  firstPauseMs?: number;
  longestPauseMs?: number;
}

interface Waiting {
  begin: () => void;
}

export class TemporalGate {
  readonly #options: Required<TemporalGateOptions>;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  /** Halved by a failure, and one more with each success, so that a Temporal that has just come back isn't overrun. */
  #limit: number;
  #pauseMs: number;
  #closed: { until: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TemporalGateOptions) {
    this.#options = {
      firstPauseMs: FIRST_PAUSE_MS,
      longestPauseMs: LONGEST_PAUSE_MS,
      ...options,
    };
    this.#limit = options.inFlight;
    this.#pauseMs = this.#options.firstPauseMs;
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  /** How many run now. */
  get running(): number {
    return this.#running;
  }

  /**
   * Runs the work when it is its turn, and again for as long as Temporal is away. What has begun isn't ended by the signal, but it
   * isn't tried again then.
   *
   * @throws the reason of the signal, or what the work rejects with for another reason
   */
  async run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      await this.#turn(signal, tries > 0);
      try {
        const result = await work();
        this.#succeeded();
        return result;
      } catch (error) {
        if (!this.#options.isAway(error)) {
          // Whatever it was, Temporal was not away.
          this.#succeeded();
          throw error;
        }
        this.#failed(error);
      } finally {
        this.#running -= 1;
        this.#admit();
      }
    }
  }

  #turn(signal: AbortSignal, goesFirst: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let forget: () => void = () => undefined;
      const turn: Waiting = {
        begin: () => {
          forget();
          resolve();
        },
      };
      if (goesFirst) this.#waiting.unshift(turn);
      else this.#waiting.push(turn);
      forget = onceAborted([signal], (reason) => {
        const index = this.#waiting.indexOf(turn);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(reason);
      });
      this.#admit();
    });
  }

  #admit(): void {
    while (this.#waiting.length > 0) {
      const limit = this.#closed ? 1 : this.#limit;
      if (this.#running >= limit) return;
      const waitMs = (this.#closed?.until ?? 0) - performance.now();
      if (waitMs > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.#admit();
        }, waitMs);
        return;
      }
      this.#running += 1;
      this.#waiting.shift()?.begin();
    }
  }

  #succeeded(): void {
    this.#pauseMs = this.#options.firstPauseMs;
    this.#limit = Math.min(this.#options.inFlight, this.#limit + 1);
    if (!this.#closed) return;
    this.#closed = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.onChange({ isOpen: true });
  }

  #failed(error: unknown): void {
    const wasOpen = !this.#closed;
    // One that began before the pause says nothing new.
    if (performance.now() < (this.#closed?.until ?? 0)) return;
    // With jitter, since several consumers notice at the same time.
    const pauseMs = this.#pauseMs * (0.5 + Math.random() / 2);
    this.#closed = { until: performance.now() + pauseMs };
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#options.longestPauseMs);
    if (wasOpen) this.#options.onChange({ isOpen: false, error });
  }
}
