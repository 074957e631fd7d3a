import { msToTs } from '../../src/temporal/sdkInternals.js';
import { expect, it } from 'vitest';
import { countRecent } from '../../src/store/pollers.js';

it('counts a worker that may be in a long poll of 60 s, and none that is gone for longer', () => {
  const now = new Date('2026-11-24T12:00:00Z');
  const polled = (secondsAgo: number) => ({
    lastAccessTime: msToTs(now.getTime() - secondsAgo * 1_000),
  });
  expect(countRecent([polled(0), polled(61)], now)).toBe(2);
  expect(countRecent([polled(91), polled(240)], now)).toBe(0);
  expect(countRecent([{}], now)).toBe(0);
});
