/** The candidate that was most likely meant by a misspelt word; undefined where none is similar. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    // A word of another length is another word. It may be very long.
    .filter(({ length }) => Math.abs(length - word.length) <= mostEdits(length))
    .map((candidate) => ({
      candidate,
      edits: editsBetween(word.toLowerCase(), candidate.toLowerCase(), mostEdits(candidate.length)),
    }))
    .filter(({ edits }) => edits < Number.POSITIVE_INFINITY)
    .sort((one, other) => one.edits - other.edits);
  return best?.candidate;
}

function mostEdits(length: number): number {
  return Math.max(1, Math.floor(length / 3));
}

/** The sentence that names what was meant by a misspelt word, or all that there is. */
export function remedy(word: string, candidates: readonly string[], prefix = ''): string {
  const meant = nearest(word, candidates);
  if (meant !== undefined) return `did you mean "${prefix}${meant}"?`;
  return `use one of ${candidates.map((each) => prefix + each).join(', ')}`;
}

/**
 * How many characters have to be added, left out, changed, or swapped with the next one; infinite where that are more than `most`. The
 * time grows with the shorter length and with `most`: each row has no more cells than can be within it, and the first that has none is the last.
 */
export function editsBetween(
  one: ArrayLike<string>,
  other: ArrayLike<string>,
  most: number,
): number {
  if (Math.abs(one.length - other.length) > most) return Number.POSITIVE_INFINITY;
  const emptyRow = () => new Array<number>(other.length + 2).fill(Number.POSITIVE_INFINITY);
  let [beforePrevious, previous, current] = [emptyRow(), emptyRow(), emptyRow()];
  for (let column = 0; column <= Math.min(other.length, most); column += 1) {
    previous[column] = column;
  }
  for (let row = 1; row <= one.length; row += 1) {
    const first = Math.max(1, row - most);
    const last = Math.min(other.length, row + most);
    // The cells beside the row's own may have values of an earlier row.
    current[first - 1] = first === 1 ? row : Number.POSITIVE_INFINITY;
    current[last + 1] = Number.POSITIVE_INFINITY;
    let fewest = current[first - 1] ?? Number.POSITIVE_INFINITY;
    for (let column = first; column <= last; column += 1) {
      const changed = one[row - 1] === other[column - 1] ? 0 : 1;
      const isSwapped =
        changed === 1 &&
        row > 1 &&
        column > 1 &&
        one[row - 1] === other[column - 2] &&
        one[row - 2] === other[column - 1];
      const edits = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + changed,
        isSwapped ? (beforePrevious[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
      current[column] = edits;
      fewest = Math.min(fewest, edits);
    }
    if (fewest > most) return Number.POSITIVE_INFINITY;
    [beforePrevious, previous, current] = [previous, current, beforePrevious];
  }
  const edits = previous[other.length] ?? 0;
  return edits > most ? Number.POSITIVE_INFINITY : edits;
}
