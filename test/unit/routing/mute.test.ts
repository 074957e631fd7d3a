import { describe, expect, it } from 'vitest';
import { compileMute, muteSchema } from '../../../src/routing/mute.js';
import { event } from './event.js';

/** Until when an event that arrives at this time is muted; null where it isn't. */
function muted(windows: unknown, at: string, fields: object = {}): string | null | undefined {
  const check = compileMute(muteSchema.parse(windows))(event(fields), Date.parse(at));
  if (!check) return null;
  return check.until === undefined ? undefined : new Date(check.until).toISOString();
}

const BERLIN = { timeZone: 'Europe/Berlin' };
const night = { ...BERLIN, from: '22:00', to: '06:00' };
const weekend = { ...BERLIN, days: ['sat', 'Sunday'] };

describe('a mute window', () => {
  it.each([
    // 2026-11-25 is a Wednesday, and Berlin is an hour before UTC.
    [night, '2026-11-25T20:59:59Z', null],
    [night, '2026-11-25T21:00:00Z', '2026-11-26T05:00:00.000Z'],
    [night, '2026-11-26T04:59:59Z', '2026-11-26T05:00:00.000Z'],
    [night, '2026-11-26T05:00:00Z', null],
    [{ ...night, days: ['wed'] }, '2026-11-26T04:00:00Z', '2026-11-26T05:00:00.000Z'],
    [{ ...night, days: ['thu'] }, '2026-11-26T04:00:00Z', null],
    [weekend, '2026-11-27T22:59:59Z', null],
    [weekend, '2026-11-27T23:00:00Z', '2026-11-29T23:00:00.000Z'],
    [[night, weekend], '2026-11-27T21:30:00Z', '2026-11-30T05:00:00.000Z'],
    [BERLIN, '2026-11-25T12:00:00Z', undefined],
    [
      { timeZone: 'UTC', from: '09:00', to: '17:00' },
      '2026-11-25T16:59:59Z',
      '2026-11-25T17:00:00.000Z',
    ],
    [{ timeZone: 'UTC', from: '20:00' }, '2026-11-25T23:59:59Z', '2026-11-26T00:00:00.000Z'],
    [
      { timeZone: 'UTC', from: '20:00', to: '00:00' },
      '2026-11-25T23:59:59Z',
      '2026-11-26T00:00:00.000Z',
    ],
    [
      { timeZone: 'Asia/Kathmandu', from: '22:00', to: '23:00' },
      '2026-11-25T16:30:00Z',
      '2026-11-25T17:15:00.000Z',
    ],
    // Berlin's clocks go from 02:00 to 03:00 on 2026-03-29 at 01:00 UTC.
    [night, '2026-03-28T22:00:00Z', '2026-03-29T04:00:00.000Z'],
    [{ ...BERLIN, from: '01:00', to: '02:30' }, '2026-03-29T00:30:00Z', '2026-03-29T01:00:00.000Z'],
    [{ ...BERLIN, from: '01:00', to: '02:30' }, '2026-03-29T01:00:00Z', null],
    [{ ...BERLIN, from: '02:15', to: '02:45' }, '2026-03-29T01:00:00Z', null],
    // And from 03:00 to 02:00 on 2026-10-25 at 01:00 UTC: both hours are in the window.
    [night, '2026-10-24T22:00:00Z', '2026-10-25T05:00:00.000Z'],
    [{ ...BERLIN, from: '02:00', to: '03:00' }, '2026-10-25T00:30:00Z', '2026-10-25T02:00:00.000Z'],
    [{ ...BERLIN, from: '02:00', to: '03:00' }, '2026-10-25T01:30:00Z', '2026-10-25T02:00:00.000Z'],
    // Before 1970.
    [
      { timeZone: 'UTC', from: '22:00', to: '23:00' },
      '1969-12-31T22:30:00Z',
      '1969-12-31T23:00:00.000Z',
    ],
  ])('%j at %s mutes until %s', (windows, at, until) => {
    expect(muted(windows, at)).toBe(until);
  });

  it('posts what is excepted', () => {
    const except = { severity: ['critical', 'error'] };
    const at = '2026-11-25T23:00:00Z';
    expect(muted({ ...night, except }, at, { severity: 'critical' })).toBeNull();
    expect(muted({ ...night, except }, at, { severity: 'info' })).not.toBeNull();
    expect(muted({ ...night, except }, at)).not.toBeNull();
  });

  it('mutes throughout a year what a clock on the wall says', () => {
    const format = new Intl.DateTimeFormat('de-DE', {
      timeZone: 'Europe/Berlin',
      hour: '2-digit',
      minute: '2-digit',
    });
    for (
      let time = Date.parse('2026-01-01T00:07:00Z');
      time < Date.parse('2027-01-01T00:00:00Z');
      time += 397 * 60_000
    ) {
      const shown = format.format(time);
      const until = muted(night, new Date(time).toISOString());
      expect([shown, until !== null]).toEqual([shown, shown >= '22:00' || shown < '06:00']);
      if (until) expect(format.format(Date.parse(until))).toBe('06:00');
    }
  });

  it.each([
    [
      { ...BERLIN, timeZone: 'Europe/Berln' },
      'timeZone',
      /no time zone "Europe\/Berln"; did you mean "Europe\/Berlin"\?/,
    ],
    [{}, 'timeZone', /./],
    [{ ...night, to: '22:00' }, 'to', /must differ from "from"/],
    [{ ...night, from: '25:00' }, 'from', /must be a time of day/],
    [{ ...night, from: 22 }, 'from', /in quotes/],
    [{ ...night, days: ['someday'] }, 'days.0', /days of the week/],
    [{ ...night, days: [] }, 'days', /at least one day/],
    [{ ...night, except: { sevrity: 'x' } }, 'except.sevrity', /did you mean "severity"\?/],
    [[], '', /at least one window/],
  ])('%j is refused', (windows, place, message) => {
    const [issue] = muteSchema.safeParse(windows).error?.issues ?? [];
    const path = issue?.path.join('.').replace(/^0\./, '');
    expect([path, issue?.message]).toEqual([place, expect.stringMatching(message)]);
  });
});
