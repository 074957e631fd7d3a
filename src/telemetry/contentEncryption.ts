import {
  ContentEncryption,
  type ContentEncryptionSettings,
} from '../temporal/encryption/contentEncryption.js';
import type { Metrics } from './metrics.js';

/**
 * The encryption of a process, with its metrics. A process makes it once: commands that print keys may be slow.
 *
 * @param now the time by which the retention of content ends, in epoch milliseconds; that of the system by default
 * @throws ConfigurationError where a key can't be read
 */
export function contentEncryptionOf(
  {
    contentRetention: { keyDirectory },
    encryption: { encrypt, keys },
  }: {
    contentRetention: Pick<ContentEncryptionSettings, 'keyDirectory'>;
    encryption: Pick<ContentEncryptionSettings, 'encrypt' | 'keys'>;
  },
  { contentEncrypted, unreadablePayloads }: Metrics,
  now?: () => number,
): ContentEncryption {
  const encryption = new ContentEncryption({ encrypt, keyDirectory, keys, now }, () => {
    unreadablePayloads.inc();
  });
  contentEncrypted.set(encryption.isOn ? 1 : 0);
  return encryption;
}
