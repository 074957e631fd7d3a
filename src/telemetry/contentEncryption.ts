import { ContentEncryption } from '../temporal/encryption/contentEncryption.js';
import type { KeySource } from '../temporal/encryption/contentKey.js';
import type { Metrics } from './metrics.js';

/**
 * The encryption of a process, with its metrics. A process makes it once: commands that print keys may be slow.
 *
 * @throws ConfigurationError where a key can't be read
 */
export function contentEncryptionOf(
  settings: { keys: readonly KeySource[]; encrypt: boolean },
  { contentEncrypted, unreadablePayloads }: Metrics,
): ContentEncryption {
  const encryption = new ContentEncryption(settings, () => {
    unreadablePayloads.inc();
  });
  contentEncrypted.set(encryption.isOn ? 1 : 0);
  return encryption;
}
