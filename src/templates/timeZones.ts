/** The offsets of time zones. To make a format for each date would take longer than everything else of a rendering. */

/** There are some 600 names, and any case of them is accepted. */
const MOST_ZONES = 1_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * Minutes to be added to the zone's time for UTC, as JavaScript has it: -60 for Berlin in winter. Undefined where the moment is
 * none.
 *
 * @throws RangeError where there is no such time zone
 */
export function offsetOf(timeZone: string, time: number): number | undefined {
  if (Number.isNaN(new Date(time).getTime())) return undefined;
  const parts = formatFor(timeZone).formatToParts(time);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
  const east = Number(hours) * 60 + Number(minutes);
  return sign === '+' ? 0 - east : east;
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  if (formats.size >= MOST_ZONES) formats.clear();
  formats.set(timeZone, format);
  return format;
}
