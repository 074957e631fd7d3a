import { formatTime } from './formatTime.js';
import { joinWithAnd } from './joinWithAnd.js';

/**
 * Explains that no message has this key.
 *
 * @param forgottenBefore messages that ended before it are no longer kept
 */
export function explainUnknownKey(
  deduplicationKey: string,
  similarKeys: readonly string[],
  forgottenBefore: Date,
  now: Date,
): string {
  const since = formatTime(forgottenBefore.toISOString(), now);
  const similar =
    similarKeys.length === 0
      ? 'No similar key is known.'
      : `Similar ${similarKeys.length === 1 ? 'key' : 'keys'}: ${joinWithAnd(similarKeys.map((key) => `“${key}”`))}.`;
  return `Never received: no message has the key “${deduplicationKey}”. It was never accepted, or it ended before ${since}: messages that ended earlier are no longer kept. ${similar} Check the key, and whether the source got a 202 for it.`;
}
