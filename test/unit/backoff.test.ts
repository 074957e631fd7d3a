import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAttemptDelayMs } from '../../src/domain/backoff.js';

const profile = { initialDelayMs: 1_000, factor: 2, maximumDelayMs: 60_000, attempts: 10 };

describe('the delay before the next attempt', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [7, 60_000],
    [1_000, 60_000],
  ])('after attempt %i is drawn from the whole interval up to %i ms', (attempt, ceiling) => {
    expect(nextAttemptDelayMs(profile, attempt, undefined, 0.999_999)).toBe(ceiling);
    expect(nextAttemptDelayMs(profile, attempt, undefined, 0.5)).toBe(ceiling / 2);
  });

  it('is never zero, which Temporal takes for no more retries', () => {
    expect(nextAttemptDelayMs(profile, 1, undefined, 0)).toBeGreaterThan(0);
    expect(nextAttemptDelayMs(profile, 1, 0, 0)).toBeGreaterThan(0);
  });

  it('is never shorter than Retry-After, and those told the same don’t all come back at once', () => {
    expect(nextAttemptDelayMs(profile, 1, 30_000, 0)).toBe(30_000);
    expect(nextAttemptDelayMs(profile, 1, 30_000, 0.5)).toBe(30_500);
    // Longer than the ceiling, too: the platform knows better.
    expect(nextAttemptDelayMs(profile, 1, 3_600_000, 0)).toBe(3_600_000);
  });

  it('is a whole, positive number of milliseconds, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, retryAfterMs, random) => {
          const delay = nextAttemptDelayMs(profile, attempt, retryAfterMs, random);
          expect(Number.isSafeInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThan(0);
          expect(delay).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
        },
      ),
    );
  });
});
