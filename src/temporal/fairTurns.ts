/** Turns that wait in lines, where no line waits for the whole of another. */

/**
 * Whose turn it is, from the kind of work to the one who asks, as `['page', 'person anna']`. All lines have as many names. Those
 * with the same first name take turns with each other; so do the first names.
 */
export type Line = readonly string[];

export interface Turn {
  readonly line: Line;
}

interface Lines<Waiting> {
  /** Of the line that ends here, the oldest first. */
  turns: Set<Waiting>;
  /** Those that go on from here, by their next name: the one whose turn is next first. */
  inner: Map<string, Lines<Waiting>>;
  /** How many turns wait here, and in the lines that go on from here. */
  size: number;
}

/**
 * Each line has one turn, then the next line has one. So a turn waits for those before it in its own line, and for one of each
 * other line before each of these, however many wait there.
 */
export class FairTurns<Waiting extends Turn> {
  readonly #all = emptyLines<Waiting>();

  get size(): number {
    return this.#all.size;
  }

  add(turn: Waiting): void {
    let lines = this.#all;
    lines.size += 1;
    for (const name of turn.line) {
      const inner = lines.inner.get(name) ?? emptyLines<Waiting>();
      lines.inner.set(name, inner);
      lines = inner;
      lines.size += 1;
    }
    lines.turns.add(turn);
  }

  /** Takes out the turn that is next. */
  takeNext(): Waiting | undefined {
    let lines = this.#all;
    for (let [first] = lines.inner; first; [first] = lines.inner) {
      const [name, inner] = first;
      // Behind the others, for the time after this turn.
      lines.inner.delete(name);
      lines.inner.set(name, inner);
      lines = inner;
    }
    const [turn] = lines.turns;
    if (turn) this.remove(turn);
    return turn;
  }

  remove(turn: Waiting): void {
    removeFrom(this.#all, turn, turn.line);
  }

  /** The last turn of the longest line; undefined where the given line would be the longest with one turn more. */
  lastOfLonger(line: Line): Waiting | undefined {
    let lines = this.#all;
    let isOwn = true;
    for (const own of line) {
      let name = own;
      let most = (lines.inner.get(own)?.size ?? 0) + (isOwn ? 1 : 0);
      for (const [other, { size }] of lines.inner) {
        if (size > most) [name, most] = [other, size];
      }
      isOwn &&= name === own;
      const inner = lines.inner.get(name);
      if (!inner) return undefined;
      lines = inner;
    }
    return isOwn ? undefined : [...lines.turns].at(-1);
  }
}

function emptyLines<Waiting>(): Lines<Waiting> {
  return { turns: new Set(), inner: new Map(), size: 0 };
}

/** @returns whether the turn waited there */
function removeFrom<Waiting>(
  lines: Lines<Waiting>,
  turn: Waiting,
  [name, ...names]: Line,
): boolean {
  const inner = name === undefined ? undefined : lines.inner.get(name);
  const isRemoved =
    name === undefined
      ? lines.turns.delete(turn)
      : inner !== undefined && removeFrom(inner, turn, names);
  if (!isRemoved) return false;
  lines.size -= 1;
  if (name !== undefined && inner?.size === 0) lines.inner.delete(name);
  return true;
}
