/** The secrets of a source, of which there are several while one replaces another. */
import { createHash, timingSafeEqual } from 'node:crypto';

export { revealed, secretsSchema } from '../../lib/secrets.js';

/** Whether it is one of these. The time of the comparison reveals nothing of them, and not which one it is. */
export function isOneOf(given: string | Buffer, known: readonly string[]): boolean {
  const sought = digest(given);
  let found = false;
  for (const each of known) found = timingSafeEqual(sought, digest(each)) || found;
  return found;
}

function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}
