import { createHmac, timingSafeEqual } from 'node:crypto';
import { own } from '../../lib/own.js';
import type { Secret } from '../../lib/secret.js';
import type { Authentication, Verdict } from '../source.js';
import { revealed } from './secrets.js';

export { secretsSchema } from './secrets.js';

export interface Signature {
  secrets: readonly Secret[];
  /** As its sender writes it. */
  header: string;
  /** The signatures in the header's value; by default the value is one. */
  read?: (value: string) => string[];
  /** The header's value with this signature; by default the signature itself. */
  write?: (signature: string) => string;
  encoding?: 'hex' | 'base64' | undefined;
  /** By default SHA-256. */
  algorithm?: HmacAlgorithm | undefined;
  /** The header of a time that is signed before the body, with a colon between them. */
  timestampHeader?: string | undefined;
}

export const HMAC_ALGORITHMS = ['sha256', 'sha512', 'sha1'] as const;
export type HmacAlgorithm = (typeof HMAC_ALGORITHMS)[number];

/** Requests whose body is signed by HMAC, in a header. */
export function signedBy({
  algorithm = 'sha256',
  encoding = 'hex',
  header,
  read = (value) => [value.trim()],
  secrets,
  timestampHeader,
  write = (signature) => signature,
}: Signature): Authentication {
  return {
    isAuthenticated: true,
    secrets,
    verify: ({ body, headers }) => {
      const value = own(headers, header.toLowerCase());
      const signatures = value === undefined ? [] : read(value);
      if (timestampHeader === undefined) {
        return verifyHmac(body, signatures, { secrets, header, encoding, algorithm });
      }
      const time = own(headers, timestampHeader.toLowerCase());
      if (time === undefined) return { refusedBecause: `the header ${timestampHeader} is missing` };
      const signed = withTime(time, body);
      return verifyHmac(signed, signatures, { secrets, header, encoding, algorithm });
    },
    sign: ({ body, headers }) => {
      const time = String(Math.floor(Date.now() / 1_000));
      const timed = timestampHeader === undefined ? {} : { [timestampHeader]: time };
      const signed = timestampHeader === undefined ? body : withTime(time, Buffer.from(body));
      const signature = hmac(signed, revealed(secrets)[0] ?? '', algorithm).toString(encoding);
      return { body, headers: { ...headers, ...timed, [header]: write(signature) } };
    },
  };
}

/** How old the time is doesn't matter: an event that is sent again is a duplicate. */
function withTime(time: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${time}:`, 'latin1'), body]);
}

/** Whether one of the signatures was made of these bytes with one of the secrets. */
export function verifyHmac(
  signed: Buffer,
  signatures: readonly string[],
  {
    secrets,
    header,
    algorithm = 'sha256',
    encoding = 'hex',
  }: {
    secrets: readonly Secret[];
    /** For the reason of a refusal. */
    header: string;
    encoding?: 'hex' | 'base64';
    algorithm?: HmacAlgorithm;
  },
): Verdict {
  if (signatures.length === 0)
    return { refusedBecause: `the header ${header} is missing or has no signature` };
  let found = false;
  // Every pair is compared, so that the time doesn't reveal which one matched.
  for (const each of revealed(secrets)) {
    const expected = hmac(signed, each, algorithm).toString(encoding);
    for (const signature of signatures) {
      found = isSame(expected, encoding === 'hex' ? signature.toLowerCase() : signature) || found;
    }
  }
  return found
    ? 'authentic'
    : {
        refusedBecause: `the signature in ${header} was not made of this body with a secret of this source`,
      };
}

/** @param algorithm by default SHA-256 */
export function hmac(
  signed: Buffer | string,
  secret: string | Buffer,
  algorithm: HmacAlgorithm = 'sha256',
): Buffer {
  return createHmac(algorithm, secret).update(signed).digest();
}

/** Compares the texts: a decoder would ignore what follows a valid signature. */
export function isSame(expected: string, given: string): boolean {
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(given)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
