import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountTrouble } from '../../src/contract/accountTrouble.js';
import { OpenTroubles } from '../../src/workflows/account/openTroubles.js';

const refused: AccountTrouble = { kind: 'credentials_rejected', detail: 'token_revoked' };
const limited = (retryAfterMs: number): AccountTrouble => ({
  kind: 'rate_limited',
  detail: 'HTTP 429',
  retryAfterMs,
});

describe('the open troubles of an account', () => {
  it.each([
    ['a refusal during a pause', [limited(5_000), refused]],
    ['a pause during a refusal', [refused, limited(5_000)]],
    ['both at once, and again', [refused, limited(5_000), limited(1_000), refused]],
  ])('each keep their own end: %s', (_, reports) => {
    const open = new OpenTroubles([], 0);
    for (const report of reports) open.add(report, 0);
    open.endPause(4_999);
    expect(open.pause).toBeDefined();
    open.endPause(5_000);
    expect(open).toMatchObject({ isAny: true, refusal: 'token_revoked', pause: undefined });
    open.endRefusal();
    expect(open.isAny).toBe(false);
  });

  it('are the same after a continue-as-new, whatever was reported', () => {
    const report = fc.oneof(fc.constant(refused), fc.integer({ min: 1, max: 60_000 }).map(limited));
    fc.assert(
      fc.property(fc.array(fc.tuple(report, fc.nat(10_000))), fc.nat(60_000), (reports, at) => {
        const open = new OpenTroubles([], 0);
        let now = 0;
        for (const [each, afterMs] of reports) open.add(each, (now += afterMs));
        open.endPause((now += at));
        const carried = new OpenTroubles(open.reports(now), now);
        expect(carried).toMatchObject({ refusal: open.refusal, pause: open.pause });
      }),
    );
  });

  it('last as long as the longest pause that was asked for, and no longer than ten minutes', () => {
    const open = new OpenTroubles([limited(8_000)], 0);
    const { changes } = open;
    open.add(limited(2_000), 1_000);
    expect(open).toMatchObject({ changes, pause: { until: 8_000 } });
    open.add(limited(10_000_000_000), 1_000);
    expect(open.changes).toBeGreaterThan(changes);
    expect(open.pause?.until).toBe(601_000);
  });

  it.each([undefined, null, 'trouble', 7, [], {}, { kind: 'other' }, { kind: 'rate_limited' }])(
    'ignore a signal that is no report: %j',
    (report) => {
      const open = new OpenTroubles([], 0);
      open.add(report, 0);
      expect(open.isAny).toBe(false);
    },
  );
});
