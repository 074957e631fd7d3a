/** The platforms' rate limits, as token buckets. */

export interface RateLimit {
  /** Requests allowed at once after a pause. */
  burst: number;
  /** Requests allowed per second after that. */
  perSecond: number;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was computed, in milliseconds of the monotonic clock. */
  at: number;
}

/** Beyond this many, the oldest bucket is dropped: a load test uses many channels once. */
const BUCKETS_KEPT = 10_000;

export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** @param now the monotonic clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Takes one token from each bucket, or none from any.
   *
   * @returns 0 when the request may pass, otherwise the whole seconds after which it may be made again
   */
  take(limits: { key: string; limit: RateLimit }[]): number {
    const now = this.#now();
    const buckets = limits.map(({ key, limit }) => this.#refilled(key, limit, now));
    const waitSeconds = limits.map(({ limit }, index) =>
      Math.ceil((1 - (buckets[index]?.tokens ?? 1)) / limit.perSecond),
    );
    const longest = Math.max(0, ...waitSeconds);
    if (longest > 0) return longest;
    for (const bucket of buckets) bucket.tokens -= 1;
    return 0;
  }

  clear(): void {
    this.#buckets.clear();
  }

  #refilled(key: string, limit: RateLimit, now: number): Bucket {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      if (this.#buckets.size >= BUCKETS_KEPT) this.#forgetOldest();
      bucket = { tokens: limit.burst, at: now };
      this.#buckets.set(key, bucket);
      return bucket;
    }
    const gained = ((now - bucket.at) / 1000) * limit.perSecond;
    bucket.tokens = Math.min(limit.burst, bucket.tokens + gained);
    bucket.at = now;
    return bucket;
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
