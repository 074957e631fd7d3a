import fc from 'fast-check';
import { expect, it } from 'vitest';
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
