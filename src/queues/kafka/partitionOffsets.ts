/** Which offsets of a partition may be committed, while its records are settled in any order. */
export class PartitionOffsets {
  /** In the order of the partition. `next`: what is committed once this entry and all before it are settled. */
  readonly #entries: { next: bigint; settled: boolean }[] = [];
  #first = 0;
  #settledUpTo: bigint | undefined;
  #committed: bigint | undefined;
  #unsettled = 0;

  /** How many records can't be committed yet, since they or one before them are not settled. */
  get waiting(): number {
    return this.#entries.length - this.#first;
  }

  /** How many records are not settled yet. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /**
   * Adds the next record of the partition. Offsets may have gaps between them.
   *
   * @param next the offset after it, or after what follows it and is no record
   * @returns settles the record; more than once changes nothing
   */
  add(next: bigint): () => void {
    const entry = { next, settled: false };
    this.#entries.push(entry);
    this.#unsettled += 1;
    return () => {
      if (entry.settled) return;
      entry.settled = true;
      this.#unsettled -= 1;
      this.#advance();
    };
  }

  #advance(): void {
    for (let entry = this.#entries[this.#first]; entry?.settled;) {
      this.#settledUpTo = entry.next;
      this.#first += 1;
      entry = this.#entries[this.#first];
    }
    // Rarely, since it copies the rest.
    if (this.#first > 1_000 || this.#first === this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** What is to be committed; undefined where nothing more is settled than what was. */
  uncommitted(): bigint | undefined {
    return this.#settledUpTo === this.#committed ? undefined : this.#settledUpTo;
  }

  /** The commit of this offset has succeeded. */
  committed(offset: bigint): void {
    this.#committed = offset;
  }
}
