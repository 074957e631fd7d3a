import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editsBetween } from '../../src/lib/nearest.js';
import { mostSimilar } from '../../src/store/search/mostSimilar.js';

it.each<[string, string[], string[]]>([
  ['deploy-77', ['deploy-17', 'deploy-7'], ['deploy-7', 'deploy-17']],
  ['alert', ['alarm-1', 'alert-55-triggered', 'alert-5'], ['alert-5', 'alert-55-triggered']],
  [
    'pagerduty-77-trigered',
    ['pagerduty-77-triggered', 'pagerduty-78-resolved'],
    ['pagerduty-77-triggered', 'pagerduty-78-resolved'],
  ],
  ['ab', ['xyzxyz', 'cdef'], []],
  ['', [], []],
])('for %j of %j finds %j', (typed, keys, found) => {
  expect(mostSimilar(typed, keys).filter((key) => found.includes(key))).toEqual(found);
  if (found.length === 0) expect(mostSimilar(typed, keys)).toEqual([]);
});

it('has first what begins alike, then what needs fewer edits', () => {
  const key = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'b', '-', '1') });
  fc.assert(
    fc.property(key, fc.uniqueArray(key), (typed, keys) => {
      const found = mostSimilar(typed, keys);
      const beginsAlike = (each: string) => each.startsWith(typed) || typed.startsWith(each);
      expect(new Set(found).size).toBe(found.length);
      for (const each of keys.filter(beginsAlike)) expect(found).toContain(each);
      const groups = found.map(beginsAlike);
      expect(groups).toEqual(groups.toSorted((one, other) => Number(other) - Number(one)));
      if (keys.includes(typed)) expect(found[0]).toBe(typed);
    }),
  );
});

it('compares long keys in a number of steps that grows with the edits that count, not with both lengths', () => {
  let steps = 0;
  /** As a text, which counts how often a character is looked at. */
  const counted = (text: string): ArrayLike<string> =>
    new Proxy(Array.from(text), {
      get: (target, name) => {
        if (name !== 'length') steps += 1;
        return Reflect.get(target, name) as unknown;
      },
    });
  const stepsOf = (one: string, other: string, most: number) => {
    steps = 0;
    const edits = editsBetween(counted(one), counted(other), most);
    return { edits, steps };
  };
  // At most six characters are looked at in each cell.
  const cells = (rows: number, most: number) => 6 * rows * (2 * most + 1);
  const long = 'a'.repeat(225);
  const alike = stepsOf(`${long}${'b'.repeat(16)}`, `${long}${'c'.repeat(16)}`, 16);
  expect(alike.edits).toBe(16);
  expect(alike.steps).toBeLessThan(cells(241, 16));
  const other = stepsOf(long, 'b'.repeat(225), 16);
  expect(other.edits).toBe(Infinity);
  expect(other.steps).toBeLessThan(cells(17, 16));
  expect(stepsOf(long, 'a', 16)).toEqual({ edits: Infinity, steps: 0 });
});

it('counts the edits within a limit as it does without', () => {
  const text = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(text, text, fc.nat(12), (one, other, most) => {
      const edits = allEdits(one, other);
      expect(editsBetween(one, other, Infinity)).toBe(edits);
      expect(editsBetween(one, other, most)).toBe(edits > most ? Infinity : edits);
    }),
    { numRuns: 500 },
  );
});

/** By the definition, from the last characters on. */
function allEdits(one: string, other: string, known = new Map<string, number>()): number {
  if (one === '' || other === '') return one.length + other.length;
  const key = `${one} ${other}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const rest = (lessOne: number, lessOther: number) =>
    allEdits(one.slice(0, one.length - lessOne), other.slice(0, other.length - lessOther), known);
  const [a, b] = [one.at(-1), other.at(-1)];
  const isSwapped = one.length > 1 && other.length > 1 && a === other.at(-2) && b === one.at(-2);
  const edits = Math.min(
    rest(1, 0) + 1,
    rest(0, 1) + 1,
    rest(1, 1) + (a === b ? 0 : 1),
    isSwapped ? rest(2, 2) + 1 : Infinity,
  );
  known.set(key, edits);
  return edits;
}
