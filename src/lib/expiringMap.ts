/** A map whose entries are forgotten after a time, and the oldest ones beyond a number. */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, { value: Value; until: number }>();
  readonly #lifeMs: number;
  readonly #most: number;
  readonly #now: () => number;

  /** @param now the monotonic clock, in milliseconds */
  constructor(lifeMs: number, most: number, now: () => number = () => performance.now()) {
    this.#lifeMs = lifeMs;
    this.#most = most;
    this.#now = now;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.until > this.#now()) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#now() + this.#lifeMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#most && oldest !== undefined) this.#entries.delete(oldest);
  }

  /** All that has not been forgotten. Deleting one of them meanwhile is safe. */
  newestFirst(): [string, Value][] {
    const now = this.#now();
    return [...this.#entries]
      .filter(([, { until }]) => until > now)
      .map(([key, { value }]): [string, Value] => [key, value])
      .reverse();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
