/** Checks that the keys of `encryption` can be read, and says which one writes. */
import type { EncryptionSettings } from '../../config/encryption.js';
import { ConfigurationError } from '../../lib/configurationError.js';
import { readContentKeys } from '../../temporal/encryption/contentKey.js';
import { broken, note, ok, type Finding } from './finding.js';

export function checkEncryption({ encrypt, keys, webUi }: EncryptionSettings): Finding[] {
  const [first, ...others] = keys;
  if (!first) {
    return [
      note(
        'content is not encrypted: whoever reads Temporal’s database reads it',
        'Add a key under encryption.keys.',
      ),
    ];
  }
  const faults = keys.flatMap((key) => {
    try {
      readContentKeys([key]);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return [broken(`key ${key.id}: it can’t be used`, error.message)];
    }
  });
  if (faults.length > 0) return faults;
  return [
    encrypt
      ? ok(`content is encrypted with the key ${first.id}`)
      : note(
          `content is not encrypted; what the key ${first.id} has encrypted is read`,
          'Set encryption.encrypt to true once all processes have the key.',
        ),
    ...(others.length === 0 ? [] : [ok(`read too: ${others.map(({ id }) => id).join(', ')}`)]),
    ...(webUi.length === 0 ? [] : [ok(`pages that may decrypt: ${webUi.join(', ')}`)]),
  ];
}
