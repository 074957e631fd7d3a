import type { Configuration } from '../config/configuration.js';
import type { DigestPolicy } from '../contract/notices.js';

/** Makes the activity that tells workflows what the configuration says about digests: they can't read it themselves. */
export function createDigestPolicy({ digest }: Configuration) {
  return function digestPolicy(): Promise<DigestPolicy> {
    return Promise.resolve(digest);
  };
}
