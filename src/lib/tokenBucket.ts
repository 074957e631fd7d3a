/** A rate with bursts: a bucket of tokens that fills steadily, of which each use takes one. */

export interface Rate {
  /** The most tokens in the bucket, 1 or more. It is full at first. */
  burst: number;
  perSecond: number;
}

export interface Taken {
  isAllowed: boolean;
  /** Whole tokens that are left. */
  remaining: number;
  /** Whole seconds until the next token, 1 or more where there is none; 0 where there is one. */
  nextInSeconds: number;
  /** Whole seconds until the bucket is full. */
  fullInSeconds: number;
}

export class TokenBucket {
  readonly rate: Rate;
  #tokens: number;
  #filledAtMs: number;

  /** @param nowMs of a clock that is never set */
  constructor(rate: Rate, nowMs = performance.now()) {
    this.rate = rate;
    this.#tokens = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes a token, if there is one. */
  take(nowMs = performance.now()): Taken {
    this.#fill(nowMs);
    const isAllowed = this.#tokens >= 1;
    if (isAllowed) this.#tokens -= 1;
    return {
      isAllowed,
      remaining: Math.floor(this.#tokens),
      nextInSeconds: this.#secondsUntil(1),
      fullInSeconds: this.#secondsUntil(this.rate.burst),
    };
  }

  /** Whether it is as if nothing had ever been taken. */
  isFull(nowMs = performance.now()): boolean {
    this.#fill(nowMs);
    return this.#tokens >= this.rate.burst;
  }

  #fill(nowMs: number): void {
    const { burst, perSecond } = this.rate;
    const passedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#tokens = Math.min(burst, this.#tokens + (passedMs / 1_000) * perSecond);
    this.#filledAtMs += passedMs;
  }

  #secondsUntil(tokens: number): number {
    return Math.max(0, Math.ceil((tokens - this.#tokens) / this.rate.perSecond));
  }
}
