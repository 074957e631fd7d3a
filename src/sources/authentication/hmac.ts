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
  /** The header of a time that is signed before the body, with a colon between them. */
  timestampHeader?: string | undefined;
}

/** Requests whose body is signed by HMAC-SHA256, in a header. */
export function signedBy({
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
        return verifyHmac(body, signatures, { secrets, header, encoding });
      }
      const time = own(headers, timestampHeader.toLowerCase());
      if (time === undefined) return { refusedBecause: `the header ${timestampHeader} is missing` };
      return verifyHmac(withTime(time, body), signatures, { secrets, header, encoding });
    },
    sign: ({ body, headers }) => {
      const time = String(Math.floor(Date.now() / 1_000));
      const timed = timestampHeader === undefined ? {} : { [timestampHeader]: time };
      const signed = timestampHeader === undefined ? body : withTime(time, Buffer.from(body));
      const signature = hmac(signed, revealed(secrets)[0] ?? '').toString(encoding);
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
    encoding = 'hex',
  }: {
    secrets: readonly Secret[];
    /** For the reason of a refusal. */
    header: string;
    encoding?: 'hex' | 'base64';
  },
): Verdict {
  if (signatures.length === 0)
    return { refusedBecause: `the header ${header} is missing or has no signature` };
  let found = false;
  // Every pair is compared, so that the time doesn't reveal which one matched.
  for (const each of revealed(secrets)) {
    const expected = hmac(signed, each).toString(encoding);
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

/** HMAC-SHA256. */
export function hmac(signed: Buffer | string, secretText: string): Buffer {
  return createHmac('sha256', secretText).update(signed).digest();
}

/** Compares the texts: a decoder would ignore what follows a valid signature. */
function isSame(expected: string, given: string): boolean {
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(given)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
