import { createHash } from 'node:crypto';
import type { SourceEvent } from '../domain/event.js';
import { deduplicationKeySchema } from '../domain/message.js';

/**
 * The deduplication key of the message that is made of an event: `<source>:<event key>`, and `/<route>` after it for each
 * further route; `~reminder-<number>` after that for each time that people are reminded. Hashed where a key can't be so long, or
 * can't have such characters.
 */
export function eventKey(
  { source, key }: Pick<SourceEvent, 'source' | 'key'>,
  route?: string,
  reminder = 0,
): string {
  const suffix =
    (route === undefined ? '' : `/${route}`) + (reminder > 0 ? `~reminder-${reminder}` : '');
  const hash = createHash('sha256').update(key).digest('base64url');
  const candidates = [`${source}:${key}${suffix}`, `${source}:sha256-${hash}${suffix}`];
  const usable = candidates.find((each) => deduplicationKeySchema.safeParse(each).success);
  if (usable !== undefined) return usable;
  const whole = createHash('sha256')
    .update(JSON.stringify([source, key]))
    .digest('base64url');
  return `event:sha256-${whole}${suffix}`;
}
