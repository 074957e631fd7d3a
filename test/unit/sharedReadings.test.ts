/** Readings that are shared by all who look. */
import { expect, it } from 'vitest';
import { SharedReadings } from '../../src/lib/sharedReadings.js';

function readings(read: (key: string) => Promise<number>) {
  const clock = { now: 0 };
  let made = 0;
  const shared = new SharedReadings(
    async (key) => {
      made += 1;
      return await read(key);
    },
    { freshMs: 5, usableMs: 60 },
    () => clock.now,
  );
  return { clock, made: () => made, shared };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('makes one reading for all who ask at once, and for those who ask soon', async () => {
  const { clock, made, shared } = readings(() => Promise.resolve(7));
  expect(await Promise.all([shared.get('a'), shared.get('a'), shared.get('a')])).toEqual([7, 7, 7]);
  clock.now = 4;
  expect(await shared.get('a')).toBe(7);
  expect(made()).toBe(1);
  await shared.get('b');
  expect(made()).toBe(2);
});

it('answers at once with one that is a little old, and makes a newer one meanwhile', async () => {
  let value = 1;
  const { clock, made, shared } = readings(() => Promise.resolve(value));
  await shared.get('a');
  clock.now = 10;
  value = 2;
  expect(await shared.get('a')).toBe(1);
  await settled();
  expect(await shared.get('a')).toBe(2);
  expect(made()).toBe(2);
});

it('gives nobody one that is too old, and everybody the error then', async () => {
  let fails = false;
  const { clock, shared } = readings(() =>
    fails ? Promise.reject(new Error('away')) : Promise.resolve(1),
  );
  await shared.get('a');
  fails = true;
  clock.now = 59;
  expect(await shared.get('a')).toBe(1);
  await settled();
  clock.now = 60;
  expect(shared.kept('a')).toBeUndefined();
  await expect(shared.get('a')).rejects.toThrow('away');
  fails = false;
  expect(await shared.get('a')).toBe(1);
});
