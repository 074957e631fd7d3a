import type { Configuration } from '../config/configuration.js';

/** When the operators are told of dead letters, in milliseconds. */
export interface DigestPolicy {
  /** How long a first dead letter waits for others to be told of with it. */
  gatherMs: number;
  /** A destination's digests are at least so far apart. */
  windowMs: number;
  /** Once something has waited for so long they are reminded, and again after each further such time. */
  waitingTooLongMs: number;
}

/** Makes the activity that tells workflows what the configuration says about digests: they can't read it themselves. */
export function createDigestPolicy({ digest }: Configuration) {
  return function digestPolicy(): Promise<DigestPolicy> {
    return Promise.resolve(digest);
  };
}
