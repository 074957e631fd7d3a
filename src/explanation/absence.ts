import { clock } from './clock.js';
import { listed } from './listed.js';

/**
 * What is said of a key that belongs to no message.
 *
 * @param forgottenBefore messages that ended before it are forgotten
 */
export function explainAbsence(
  deduplicationKey: string,
  similarKeys: readonly string[],
  forgottenBefore: Date,
  now: Date,
): string {
  const forgotten = `or ended before ${clock(forgottenBefore.toISOString(), now)}, which is as far back as ended messages are kept`;
  const similar =
    similarKeys.length === 0
      ? 'No key is similar'
      : `Similar ${similarKeys.length === 1 ? 'is' : 'are'} ${listed(similarKeys.map((key) => `“${key}”`))}`;
  return `Never received: no message has the key “${deduplicationKey}”; it was never accepted, ${forgotten}. ${similar}: check the key, and whether its source got a 202 for it.`;
}
