import type { Configuration } from '../config/configuration.js';
import type { DigestPolicy } from '../contract/notices.js';

/** Makes the activity that gives workflows the configuration of digests, which they can't read themselves. */
export function createDigestPolicy(configuration: Pick<Configuration, 'digest'>) {
  return function digestPolicy(): Promise<DigestPolicy> {
    return Promise.resolve(configuration.digest);
  };
}
