import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { retryAfterMs } from '../../../src/http/retryAfter.js';

const NOW = new Date('2025-11-24T08:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1_000;

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['2', 2_000],
    [' 30 ', 30_000],
    ['2.128', 2_128],
    ['0.0001', 1],
    ['Mon, 24 Nov 2025 08:00:10 GMT', 10_000],
    ['Monday, 24-Nov-25 08:00:10 GMT', 10_000],
    ['Mon Nov 24 08:00:10 2025', 10_000],
    ['Mon, 24 Nov 2025 07:00:00 GMT', 0],
    ['999999999', DAY_MS],
    ['9999999999', DAY_MS],
    ['1'.padEnd(400, '0'), DAY_MS],
    ['0000000000005', 5_000],
    ['2.12800000000000000000', 2_128],
    ['2, 30', 30_000],
    ['30,2', 30_000],
    ['soon, 30', 30_000],
    ['5, Mon, 24 Nov 2025 08:00:10 GMT', 10_000],
    ['Mon, 24 Nov 2025 08:00:10 GMT, 5', 10_000],
    ['Mon, 24 Nov 2025 08:00:10 GMT, Mon, 24 Nov 2025 08:00:20 GMT', 20_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', DAY_MS],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1e9', undefined],
    ['2 seconds', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
    [undefined, undefined],
  ])('%j asks for %j ms', (header, expected) => {
    expect(retryAfterMs(header, undefined, NOW)).toBe(expected);
  });

  it.each(['UTC', 'America/New_York', 'Asia/Kolkata'])('means the same in %s', (zone) => {
    vi.stubEnv('TZ', zone);
    try {
      for (const date of [
        'Mon, 24 Nov 2025 08:00:10 GMT',
        'Monday, 24-Nov-25 08:00:10 GMT',
        'Mon Nov 24 08:00:10 2025',
      ]) {
        expect(retryAfterMs(date, undefined, NOW)).toBe(10_000);
      }
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('takes a date by the clock of the server that sent it', () => {
    const date = 'Wed, 21 Oct 2015 07:28:00 GMT';
    expect(retryAfterMs('Wed, 21 Oct 2015 07:28:10 GMT', date, NOW)).toBe(10_000);
    expect(retryAfterMs('Mon, 24 Nov 2025 08:00:10 GMT', 'no date', NOW)).toBe(10_000);
  });

  it('that is sent several times asks for the longest of its valid values', () => {
    expect(retryAfterMs(['2', '60', 'soon', '-90'], undefined, NOW)).toBe(60_000);
    expect(retryAfterMs(['soon'], undefined, NOW)).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.nat(80_000), { minLength: 1 }), (seconds) => {
        const longest = Math.max(...seconds) * 1_000;
        expect(retryAfterMs(seconds.map(String), undefined, NOW)).toBe(longest);
        expect(retryAfterMs(seconds.join(', '), undefined, NOW)).toBe(longest);
      }),
    );
  });

  it('of whole seconds counts, however many digits it has', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 60n }), (seconds) => {
        const expected = seconds > 86_400n ? DAY_MS : Number(seconds) * 1_000;
        expect(retryAfterMs(String(seconds), undefined, NOW)).toBe(expected);
      }),
    );
  });

  it('is undefined or within bounds, whatever the header', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (header, date) => {
        const milliseconds = retryAfterMs(header, date, NOW);
        return milliseconds === undefined || (milliseconds >= 0 && milliseconds <= DAY_MS);
      }),
    );
  });
});
