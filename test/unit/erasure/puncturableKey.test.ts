import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  keyAt,
  newKeyNodes,
  newPath,
  without,
  type KeyNodes,
} from '../../../src/temporal/erasure/puncturableKey.js';

const path = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((n) => n.toString(16).padStart(16, '0'));

describe('a key that forgets paths', () => {
  it('keeps every other path, and nothing above a forgotten one', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { minLength: 1, maxLength: 6 }),
        fc.uniqueArray(path, { minLength: 1, maxLength: 6 }),
        (forgotten, others) => {
          const kept = others.filter((each) => !forgotten.includes(each));
          const whole = newKeyNodes();
          const before = kept.map((each) => keyAt(whole, each));
          const left = forgotten.reduce<KeyNodes>((nodes, each) => without(nodes, each), whole);
          expect(kept.map((each) => keyAt(left, each))).toEqual(before);
          for (const each of forgotten) {
            expect(keyAt(left, each)).toBeUndefined();
            const bits = BigInt(`0x${each}`).toString(2).padStart(64, '0');
            for (const place of left.keys()) expect(bits.startsWith(place)).toBe(false);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('forgets neighbours one by one, in any order, and a path twice as once', () => {
    const [one, two] = ['00000000000000fe', '00000000000000ff'] as const;
    const whole = newKeyNodes();
    const left = without(without(whole, one), one);
    expect(keyAt(left, two)).toEqual(keyAt(whole, two));
    expect(left.size).toBe(64);
    const without2 = without(left, two);
    expect(keyAt(without2, two)).toBeUndefined();
    expect(without2.size).toBe(63);
    expect(keyAt(whole, one)).not.toEqual(keyAt(whole, two));
  });

  it('has another key for each path and each secret', () => {
    const nodes = newKeyNodes();
    const paths = Array.from({ length: 100 }, newPath);
    const keys = paths.map((each) => keyAt(nodes, each)?.toString('hex'));
    expect(new Set(keys).size).toBe(100);
    expect(keyAt(newKeyNodes(), paths[0] ?? '')?.toString('hex')).not.toBe(keys[0]);
  });
});
