import ms from 'ms';
import { z } from 'zod';

/** A duration as `500ms`, `10s`, `5m`, `24h`; parsed to milliseconds. */
export const durationMs = z
  .string()
  .meta({ examples: ['30s'] })
  .transform((text, context) => {
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
    context.addIssue(`not a duration: "${text}" (write 500ms, 10s, 5m or 24h)`);
    return z.NEVER;
  });

/** The longest text that the `ms` library accepts; it throws on a longer one. */
const LONGEST_TEXT = 100;

/** The `ms` library returns undefined for text that is no duration, which its types leave out. */
function parseDuration(text: string): number | undefined {
  return text === '' || text.length > LONGEST_TEXT ? undefined : ms(text as ms.StringValue);
}
