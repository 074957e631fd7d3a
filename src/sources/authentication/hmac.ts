import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { secret, type Secret } from '../../lib/secret.js';
import type { Verdict } from '../source.js';

/** One secret, or several while one replaces another. */
export const secretsSchema = z
  .union([secret, z.array(secret).min(1).max(5)])
  .transform((given) => [given].flat());

/** Whether one of the signatures was made of these bytes with one of the secrets. */
export function verifyHmac(
  signed: Buffer,
  signatures: readonly string[],
  {
    secrets,
    header,
    encoding = 'hex',
  }: {
    secrets: readonly Secret[];
    /** For the reason of a refusal. */
    header: string;
    encoding?: 'hex' | 'base64';
  },
): Verdict {
  if (signatures.length === 0) return { refusedBecause: `the header ${header} is missing` };
  let found = false;
  // Every pair is compared, so that the time doesn't reveal which one matched.
  for (const each of secrets) {
    const expected = hmac(signed, each.reveal());
    for (const signature of signatures) found = isSame(expected, signature, encoding) || found;
  }
  return found
    ? 'authentic'
    : {
        refusedBecause: `the signature in ${header} was not made of this body with a secret of this source`,
      };
}

/** HMAC-SHA256. */
export function hmac(signed: Buffer | string, secretText: string): Buffer {
  return createHmac('sha256', secretText).update(signed).digest();
}

function isSame(expected: Buffer, given: string, encoding: 'hex' | 'base64'): boolean {
  const bytes = Buffer.from(given, encoding);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
