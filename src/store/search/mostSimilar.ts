import { editsBetween } from '../../lib/nearest.js';

/** More of the longer key than this to change is a coincidence. */
const MOST_CHANGED = 0.4;
/** So are more edits than this, however long the keys are: nobody mistypes that many. It bounds the time of the comparison, too. */
const MOST_EDITS = 16;

/**
 * The keys that somebody may have meant who typed this one. First those that begin with it, or that it begins with: a key is often typed in
 * part. Then those that are a few edits away. In each group, those with the fewest edits come first.
 */
export function mostSimilar(typed: string, keys: readonly string[]): string[] {
  const ranked = keys.flatMap((key) => {
    const isBeginning = key.startsWith(typed) || typed.startsWith(key);
    const longest = Math.max(key.length, typed.length);
    const most = Math.min(MOST_EDITS, Math.floor(longest * MOST_CHANGED));
    const edits = isBeginning
      ? Math.abs(key.length - typed.length)
      : editsBetween(...withoutCommonBeginning(key, typed), most);
    return edits === Number.POSITIVE_INFINITY ? [] : [{ key, isBeginning, edits }];
  });
  return ranked
    .sort(
      (one, other) =>
        Number(other.isBeginning) - Number(one.isBeginning) || one.edits - other.edits,
    )
    .map(({ key }) => key);
}

/** It needs no edit, and edits are counted in a time that grows with both lengths. */
function withoutCommonBeginning(one: string, other: string): [string, string] {
  const shorter = Math.min(one.length, other.length);
  let common = 0;
  while (common < shorter && one[common] === other[common]) common += 1;
  return [one.slice(common), other.slice(common)];
}
