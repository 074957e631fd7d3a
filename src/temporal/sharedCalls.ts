/** Makes one call of equal ones: whoever asks while it is under way gets its result, or its error. Nothing is kept afterwards. */
export class SharedCalls {
  readonly #underWay = new Map<string, Promise<unknown>>();

  /** @param key equal for calls whose results are equal */
  async run<Result>(key: string, call: () => Promise<Result>): Promise<Result> {
    const running = this.#underWay.get(key);
    if (running) return (await running) as Result;
    const started = call().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, started);
    return await started;
  }
}
