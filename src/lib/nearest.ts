/** The candidate that was most likely meant by a misspelt word; undefined where none is similar. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    // A word of another length is another word. It may be very long.
    .filter(({ length }) => Math.abs(length - word.length) <= mostEdits(length))
    .map((candidate) => ({
      candidate,
      edits: editsBetween(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ candidate, edits }) => edits <= mostEdits(candidate.length))
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

/** How many characters have to be added, left out, changed, or swapped with the next one. */
export function editsBetween(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  let beforePrevious: number[] = [];
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const changed = one[row - 1] === other[column - 1] ? 0 : 1;
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + changed,
          isSwapped && row > 1 && column > 1 ? (beforePrevious[column - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[other.length] ?? 0;
}
