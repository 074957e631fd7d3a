/** Requests signed by the Standard Webhooks specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
import { ConfigurationError } from '../../lib/configurationError.js';
import type { Secret } from '../../lib/secret.js';
import type { Authentication, SourceRequest, Verdict } from '../source.js';
import { hmac, isSame } from './hmac.js';
import { revealed } from './secrets.js';

export const WEBHOOK_ID = 'webhook-id';

const PREFIX = 'whsec_';

/**
 * @param toleranceMs how far the time of a request may be from the present, in both directions
 *
 * @throws ConfigurationError, from the returned functions, where no secret is one of this specification
 */
export function standardWebhooks(secrets: readonly Secret[], toleranceMs: number): Authentication {
  return {
    isAuthenticated: true,
    secrets,
    verify: (request) => verify(request, keysOf(secrets), toleranceMs),
    sign: ({ body, headers }) => {
      const id = headers[WEBHOOK_ID] ?? `sample_${Date.now()}`;
      const time = String(Math.floor(Date.now() / 1_000));
      const [key = Buffer.alloc(0)] = keysOf(secrets);
      return {
        body,
        headers: {
          ...headers,
          [WEBHOOK_ID]: id,
          'webhook-timestamp': time,
          'webhook-signature': `v1,${signature(id, time, Buffer.from(body), key)}`,
        },
      };
    },
  };
}

function verify(
  { body, headers }: SourceRequest,
  keys: readonly Buffer[],
  toleranceMs: number,
): Verdict {
  const { [WEBHOOK_ID]: id, 'webhook-timestamp': time, 'webhook-signature': signatures } = headers;
  if (!id || !time || !signatures) {
    return {
      refusedBecause:
        'the headers webhook-id, webhook-timestamp and webhook-signature are not all there',
    };
  }
  const seconds = /^\d{1,12}$/.test(time) ? Number(time) : NaN;
  const given = signatures.split(/\s+/).flatMap((each) => /^v1,(.+)$/.exec(each)?.[1] ?? []);
  let found = false;
  for (const key of keys) {
    const expected = signature(id, time, body, key);
    for (const each of given) found = isSame(expected, each) || found;
  }
  if (!found) {
    return {
      refusedBecause:
        'the signature in webhook-signature was not made of this body with a secret of this source',
    };
  }
  if (Math.abs(Date.now() - seconds * 1_000) <= toleranceMs) return 'authentic';
  return {
    refusedBecause: `the time in webhook-timestamp is not within ${toleranceMs / 1_000} s of the present: is the clock right?`,
  };
}

function signature(id: string, time: string, body: Buffer, key: Buffer): string {
  // Headers are bytes, which Node.js shows as Latin-1.
  const signed = Buffer.concat([Buffer.from(`${id}.${time}.`, 'latin1'), body]);
  return hmac(signed, key).toString('base64');
}

/** @throws ConfigurationError where one is not base64 */
function keysOf(secrets: readonly Secret[]): Buffer[] {
  return revealed(secrets).map((text) => {
    const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
    const key = Buffer.from(encoded, 'base64');
    if (key.length > 0 && key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, ''))
      return key;
    throw new ConfigurationError(
      'a secret of standardWebhooks must be base64 after whsec_, as its sender shows it',
    );
  });
}
