/** Patterns in which `*` stands for any text, and `\*` for the character itself. */

export interface Glob {
  /** The text that is compared as it is; undefined where the pattern has a `*`. */
  exact: string | undefined;
  test: (value: string) => boolean;
}

/** The test compares piece by piece, without going back: its time grows with the length of the value alone. */
export function compileGlob(pattern: string): Glob {
  const [first = '', ...others] = pieces(pattern);
  const last = others.pop();
  if (last === undefined) return { exact: first, test: (value) => value === first };
  const test = (value: string): boolean => {
    if (!value.startsWith(first)) return false;
    let from = first.length;
    for (const piece of others) {
      const found = value.indexOf(piece, from);
      if (found < 0) return false;
      from = found + piece.length;
    }
    return value.length - last.length >= from && value.endsWith(last);
  };
  return { exact: undefined, test };
}

/** What is between the stars. */
function pieces(pattern: string): string[] {
  const found: string[] = [];
  let piece = '';
  for (const [token] of pattern.matchAll(/\\[\\*]|[^]/gu)) {
    if (token === '*') {
      found.push(piece);
      piece = '';
    } else {
      piece += /^\\./.test(token) ? token.slice(1) : token;
    }
  }
  return [...found, piece];
}

/** Only the test of a pattern. */
export function glob(pattern: string): (value: string) => boolean {
  return compileGlob(pattern).test;
}
