import { createHash } from 'node:crypto';
import type { SourceEvent } from '../domain/event.js';
import { deduplicationKeySchema } from '../domain/message.js';

/**
 * The deduplication key of the message that is made of an event: `<source>:<event key>`, and `/<route>` after it for each
 * further route; `~reminder-<number>` after that for each time that people are reminded. The event's key is hashed where a key
 * can't be so long or can't have such characters, and where it could be taken for the key of another event.
 */
export function eventKey(
  { source, key }: Pick<SourceEvent, 'source' | 'key'>,
  route?: string,
  reminder = 0,
): string {
  const suffix =
    (route === undefined ? '' : `/${route}`) + (reminder > 0 ? `~reminder-${reminder}` : '');
  const candidates = [
    ...(LIKE_A_SUFFIX.test(key) ? [] : [`${source}:${key}${suffix}`]),
    `${source}:${hash(key)}${suffix}`,
  ];
  const usable = candidates.find((each) => deduplicationKeySchema.safeParse(each).success);
  // The name of a configured source has no colon.
  if (usable !== undefined && !source.includes(':')) return usable;
  return `event:${hash(JSON.stringify([source, key]))}${suffix}`;
}

/** The end of a key that a route or a reminder may have made, and what a hash looks like. */
const LIKE_A_SUFFIX = /\/[A-Za-z0-9][A-Za-z0-9_.-]*$|~reminder-\d+$|^sha256-/;

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64url')}`;
}
