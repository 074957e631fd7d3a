import { expect, it } from 'vitest';
import { reminderNumber } from '../../../src/routing/reminder.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const number = (ageMs: number) => reminderNumber({ remindAfterMs: 4 * HOUR_MS }, ageMs);

it.each([
  [0, 0],
  [5 * MINUTE_MS, 0],
  [3 * HOUR_MS, 0],
  [4 * HOUR_MS - 5_000, 1],
  [4 * HOUR_MS + MINUTE_MS, 1],
  [7 * HOUR_MS, 1],
  [8 * HOUR_MS - 5_000, 2],
  // A clock that was set back.
  [-HOUR_MS, 0],
  [-100 * HOUR_MS, 0],
])('an event that comes again after %d ms is reminder %d', (ageMs, expected) => {
  expect(number(ageMs)).toBe(expected);
});

it('reminds of nothing where the route drops what comes again', () => {
  expect(reminderNumber({ remindAfterMs: undefined }, 100 * HOUR_MS)).toBe(0);
});
