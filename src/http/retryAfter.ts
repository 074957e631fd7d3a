/** Retry-After, in every form that chat platforms have been seen to use. */

/**
 * No platform asks for longer pauses than this. A larger value is a mistake (milliseconds instead of seconds, a wrong clock)
 * and is reduced to this, so that it can't postpone a delivery for ever.
 */
const MAXIMUM_MS = 24 * 60 * 60 * 1_000;

/** RFC 9110 has whole seconds, of any number of digits; Microsoft Graph also sends fractions, as "2.128". */
const SECONDS = /^\d+(?:\.\d+)?$/;

/** All three forms of an HTTP date begin with a weekday. `Date.parse` alone would also accept "-5" or "1 2 3". */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? \S/;

/** A comma between two values, as a header that was sent twice is joined with; not the comma within a date. */
const BETWEEN_VALUES = /,(?!\s*\d{1,2}[ -][A-Za-z]{3})/;

/**
 * The pause that a Retry-After header asks for, in milliseconds from `now`: at least 0, at most 24 hours; undefined where
 * the header is absent or can't be parsed. Of several values, as from a platform and a proxy in front of it, the longest
 * counts. A date is relative to the answer's own Date header where it has one, so that a skewed clock on either side doesn't
 * matter.
 */
export function retryAfterMs(
  retryAfter: string | string[] | undefined,
  date?: string | string[],
  now: Date = new Date(),
): number | undefined {
  const [sentAt = now.getTime()] = valuesOf(date).flatMap((text) => httpDate(text) ?? []);
  const pauses = valuesOf(retryAfter).flatMap((text) => {
    if (SECONDS.test(text)) return Math.ceil(Number(text) * 1_000);
    const until = httpDate(text);
    return until === undefined ? [] : until - sentAt;
  });
  return pauses.length === 0 ? undefined : clamp(Math.max(...pauses));
}

function valuesOf(header: string | string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap((line) => line.split(BETWEEN_VALUES).map((text) => text.trim()));
}

/** The third form names no zone, and is in UTC as the others: `Sun Nov  6 08:49:37 1994`. */
const WITHOUT_ZONE = /:\d\d \d{4}$/;

function httpDate(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return undefined;
  const time = Date.parse(WITHOUT_ZONE.test(text) ? `${text} GMT` : text);
  return Number.isNaN(time) ? undefined : time;
}

function clamp(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, 0), MAXIMUM_MS);
}
