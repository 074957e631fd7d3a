import ms from 'ms';
import { z } from 'zod';

/** Beyond any use, and within what the timers of Temporal take. The `ms` library counts 365.25 days in a year. */
const LONGEST_MS = ms('10y');

/** A duration as `500ms`, `10s`, `5m`, `24h`; parsed to milliseconds. A number without a unit is refused. */
export const durationMs = z
  .string({
    error: ({ input }) => (typeof input === 'number' ? needsUnit(String(input)) : undefined),
  })
  // For the document: the usual forms. Others, as "1.5 h", are accepted too.
  .meta({
    examples: ['30s'],
    pattern: '^(?:[1-9][0-9]{0,4}(?:ms|s|m)|[1-9][0-9]{0,2}h|[1-9][0-9]?d)$',
  })
  .transform((text, context) => {
    const fault = faultOf(text);
    if (fault === undefined) return parseDuration(text) ?? z.NEVER;
    context.addIssue(fault);
    return z.NEVER;
  });

/** Durations no longer than this, given as `60s`. */
export function durationUpTo(longest: string) {
  const longestMs = parseDuration(longest) ?? 0;
  return durationMs.refine((each) => each <= longestMs, { error: `must be at most ${longest}` });
}

function faultOf(text: string): string | undefined {
  if (/^\s*[+-]?[\d.]+\s*$/.test(text)) return needsUnit(text.trim());
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds <= 0) {
    return `not a duration: "${text.slice(0, LONGEST_TEXT)}" (write 500ms, 10s, 5m or 24h)`;
  }
  return milliseconds > LONGEST_MS ? 'must be at most 10y' : undefined;
}

/** As `needs a unit: write 86400s or 24h`. */
function needsUnit(number: string): string {
  const seconds = Number(number);
  if (!(seconds > 0)) return 'not a duration: write 500ms, 10s, 5m or 24h';
  const larger =
    seconds % 3_600 === 0
      ? ` or ${seconds / 3_600}h`
      : seconds % 60 === 0
        ? ` or ${seconds / 60}m`
        : `, ${number}m or ${number}h`;
  return `needs a unit: write ${number}s${larger}`;
}

/** Longer texts are no durations, and the `ms` library throws on them. */
const LONGEST_TEXT = 100;
const DURATION = /^\s*(?:\d+(?:\.\d+)?|\.\d+)\s*[a-z]+\s*$/i;

/** Whole milliseconds. The `ms` library returns undefined for text that is no duration, which its types leave out. */
function parseDuration(text: string): number | undefined {
  if (text.length > LONGEST_TEXT || !DURATION.test(text)) return undefined;
  const milliseconds = ms(text.trim() as ms.StringValue) as number | undefined;
  return milliseconds === undefined ? undefined : Math.ceil(milliseconds);
}
