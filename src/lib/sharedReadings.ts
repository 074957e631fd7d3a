/**
 * Readings that many people look at: made once for all who ask at the same time, and kept for a while. One that is a little
 * old is returned at once while a newer one is being made, so that nobody waits for it.
 */
export class SharedReadings<Value> {
  readonly #read: (key: string) => Promise<Value>;
  readonly #times: ReadingTimes;
  readonly #now: () => number;
  readonly #kept = new Map<string, { value: Value; at: number }>();
  readonly #underWay = new Map<string, Promise<Value>>();

  /**
   * @param read makes a reading; there are as many as there are keys, so these must be few
   * @param now the monotonic clock, in milliseconds
   */
  constructor(
    read: (key: string) => Promise<Value>,
    times: ReadingTimes,
    now: () => number = () => performance.now(),
  ) {
    this.#read = read;
    this.#times = times;
    this.#now = now;
  }

  /** @throws what the reading throws, where no earlier one can be used */
  async get(key: string): Promise<Value> {
    const kept = this.kept(key);
    const age = this.#ageOf(key);
    if (kept !== undefined && age < this.#times.freshMs) return kept;
    const newer = this.#refreshed(key);
    if (kept === undefined) return await newer;
    // Whoever asks when it can't be used any longer gets the error.
    newer.catch(() => undefined);
    return kept;
  }

  /** What is known, without reading anything; undefined if that is nothing, or too old to be used. */
  kept(key: string): Value | undefined {
    return this.#ageOf(key) < this.#times.usableMs ? this.#kept.get(key)?.value : undefined;
  }

  #ageOf(key: string): number {
    const kept = this.#kept.get(key);
    return kept ? this.#now() - kept.at : Number.POSITIVE_INFINITY;
  }

  #refreshed(key: string): Promise<Value> {
    const running = this.#underWay.get(key);
    if (running) return running;
    const reading = this.#read(key)
      .then((value) => {
        this.#kept.set(key, { value, at: this.#now() });
        return value;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, reading);
    return reading;
  }
}

export interface ReadingTimes {
  /** A reading is repeated for whoever asks after this time. */
  freshMs: number;
  /** After this time nobody gets it any longer. */
  usableMs: number;
}
