/** Signatures by the Standard Webhooks specification: https://www.standardwebhooks.com */
import { Webhook } from 'standardwebhooks';
import { ConfigurationError } from '../lib/configurationError.js';
import type { Secret } from '../lib/secret.js';

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
const SIGNING_SECRET = /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/;

/** Throws a ConfigurationError where the secret can't be read, or doesn't have the form that the specification asks for. */
export function createSigner(secret: Secret): Webhook {
  const text = secret.reveal();
  if (SIGNING_SECRET.test(text)) return new Webhook(text);
  throw new ConfigurationError(
    `${secret.toString()} does not contain a signing secret, which is whsec_ and 24 to 64 random bytes in base64.`,
  );
}

/** The headers of one request. Where there are several signers, each signs, so that a secret can be replaced without a gap. */
export function signedHeaders(
  signers: readonly Webhook[],
  { webhookId, body, now = new Date() }: { webhookId: string; body: string; now?: Date },
): Record<string, string> {
  return {
    'webhook-id': webhookId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': signers.map((signer) => signer.sign(webhookId, now, body)).join(' '),
  };
}
