/** Retry-After, in every form that chat platforms have been seen to use. */

/**
 * No platform asks for longer pauses than this. A larger value is a mistake (milliseconds instead of seconds, a wrong clock)
 * and is reduced to this, so that it can't postpone a delivery for ever.
 */
const MAXIMUM_MS = 24 * 60 * 60 * 1_000;

/** RFC 9110 has whole seconds; Microsoft Graph also sends fractions, as "2.128". */
const SECONDS = /^\d{1,9}(?:\.\d{1,9})?$/;

/** All three forms of an HTTP date begin with a weekday. `Date.parse` alone would also accept "-5" or "1 2 3". */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? \S/;

/**
 * The pause that a Retry-After header asks for, in milliseconds from `now`: at least 0, at most 24 hours; undefined where
 * the header is absent or can't be parsed. A date is relative to the answer's own Date header where it has one, so that a
 * skewed clock on either side doesn't matter.
 */
export function retryAfterMs(
  retryAfter: string | undefined,
  date?: string,
  now: Date = new Date(),
): number | undefined {
  const text = retryAfter?.trim();
  if (!text) return undefined;
  if (SECONDS.test(text)) return clamp(Math.ceil(Number(text) * 1_000));
  const until = httpDate(text);
  return until === undefined ? undefined : clamp(until - (httpDate(date) ?? now.getTime()));
}

function httpDate(text: string | undefined): number | undefined {
  if (text === undefined || !HTTP_DATE.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

function clamp(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, 0), MAXIMUM_MS);
}
