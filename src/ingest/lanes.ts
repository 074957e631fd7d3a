/** Keeps the order of what belongs together, and lets everything else overtake. */
export class Lanes {
  /** By the name of a lane: settled when all work that was added to it so far has ended. */
  readonly #ends = new Map<string, Promise<unknown>>();

  /** Names of lanes that have work, for tests and for memory. */
  get size(): number {
    return this.#ends.size;
  }

  /**
   * Runs the work once all earlier work has ended that shares a lane with it, whether or not that succeeded. Without lanes, at once.
   */
  async run<Result>(lanes: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const names = [...new Set(lanes)];
    const before = names.map((name) => this.#ends.get(name)).filter((each) => each !== undefined);
    const result = Promise.all(before).then(work);
    const end = result.then(
      () => undefined,
      () => undefined,
    );
    for (const name of names) this.#ends.set(name, end);
    try {
      return await result;
    } finally {
      // Where nothing was added meanwhile, the lane is empty.
      for (const name of names) if (this.#ends.get(name) === end) this.#ends.delete(name);
    }
  }
}
