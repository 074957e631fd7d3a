import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/lib/tokenBucket.js';

const rates = fc.record({
  burst: fc.integer({ min: 1, max: 50 }),
  perSecond: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
});
/** Times between two uses, in milliseconds. */
const pauses = fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { maxLength: 200 });

describe('a token bucket', () => {
  it('allows no more than its burst and its rate, in any span of time', () => {
    fc.assert(
      fc.property(rates, pauses, (rate, waits) => {
        const bucket = new TokenBucket(rate, 0);
        const allowed: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now += wait;
          if (bucket.take(now).isAllowed) allowed.push(now);
        }
        allowed.forEach((from, first) => {
          allowed.slice(first).forEach((to, count) => {
            const most = rate.burst + ((to - from) / 1_000) * rate.perSecond;
            expect(count + 1).toBeLessThanOrEqual(most + 1e-6);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  it('has what it says: so many at once, the next one and all of them after the stated times', () => {
    fc.assert(
      fc.property(rates, fc.nat(60), (rate, uses) => {
        const bucket = new TokenBucket(rate, 0);
        for (let use = 0; use < uses; use += 1) bucket.take(0);
        const { fullInSeconds, isAllowed, nextInSeconds, remaining } = bucket.take(0);
        expect(isAllowed).toBe(uses < rate.burst);
        expect(remaining).toBe(Math.max(0, rate.burst - uses - 1));
        expect(nextInSeconds > 0).toBe(remaining === 0);
        // A float's last digit may take one step more.
        expect(bucket.isFull(fullInSeconds * 1_000 + 1)).toBe(true);
        for (let left = rate.burst; left > 0; left -= 1) bucket.take(fullInSeconds * 1_000 + 1);
      }),
    );
  });

  it('is not confused by a clock that stands still or goes back', () => {
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, 10_000);
    expect(bucket.take(10_000).isAllowed).toBe(true);
    expect(bucket.take(5_000)).toEqual({
      isAllowed: false,
      remaining: 0,
      nextInSeconds: 1,
      fullInSeconds: 1,
    });
    expect(bucket.take(10_999).isAllowed).toBe(false);
    expect(bucket.take(11_001).isAllowed).toBe(true);
  });
});
