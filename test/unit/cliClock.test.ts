import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/cli/clock.js';

const NOW = new Date('2026-11-23T13:03:07.400Z');

function clock(timeZone = 'Europe/Berlin', inUtc = false): Clock {
  return new Clock({ now: () => NOW, timeZone }, inUtc);
}

describe('a time', () => {
  it.each([
    ['2026-11-23T13:03:07.400Z', '14:03:07 (now)'],
    ['2026-11-23T13:03:07.100Z', '14:03:07 (now)'],
    ['2026-11-23T13:03:05.400Z', '14:03:05 (2 s ago)'],
    ['2026-11-23T13:01:07.000Z', '14:01:07 (2 min ago)'],
    ['2026-11-23T12:03:08.000Z', '13:03:08 (59 min ago)'],
    ['2026-11-22T23:00:00.000Z', '00:00:00 (14 h ago)'],
    ['2026-11-22T22:59:59.999Z', '2026-11-22 23:59:59 (14 h ago)'],
    ['2026-11-20T13:03:07.400Z', '2026-11-20 14:03:07 (3 d ago)'],
    ['2025-11-23T13:03:07.400Z', '2025-11-23 14:03:07 (365 d ago)'],
    ['2026-11-23T13:03:10.400Z', '14:03:10 (in 3 s)'],
    ['2026-11-23T13:06:07.300Z', '14:06:07 (in 3 min)'],
    ['2026-11-23T23:00:00.000Z', '2026-11-24 00:00:00 (in 9 h)'],
  ])('%s is %s', (iso, shown) => {
    expect(clock().time(iso)).toBe(shown);
  });

  it('is that of the reader’s zone, and of its day', () => {
    expect(clock('Asia/Kolkata').time('2026-11-23T18:30:00Z')).toBe('2026-11-24 00:00:00 (in 5 h)');
    expect(clock('America/New_York').time('2026-11-23T04:59:59Z')).toBe(
      '2026-11-22 23:59:59 (8 h ago)',
    );
  });

  it('of the hour that a clock shows twice has its own age', () => {
    const now = new Date('2026-10-25T02:00:00Z');
    const berlin = new Clock({ now: () => now, timeZone: 'Europe/Berlin' }, false);
    expect(berlin.time('2026-10-25T00:30:00Z')).toBe('02:30:00 (1 h ago)');
    expect(berlin.time('2026-10-25T01:30:00Z')).toBe('02:30:00 (30 min ago)');
  });

  it('in UTC is that of the JSON', () => {
    const utc = clock('Europe/Berlin', true);
    expect(utc.time('2026-11-20T13:03:07.4Z')).toBe('2026-11-20T13:03:07.400Z');
    expect(utc.time('2026-11-20T14:03:07+01:00')).toBe('2026-11-20T13:03:07.000Z');
    expect(utc.present()).toBe('2026-11-23T13:03:07.400Z');
  });

  it('that is the present one has no age', () => {
    expect(clock().present()).toBe('14:03:07');
  });
});
