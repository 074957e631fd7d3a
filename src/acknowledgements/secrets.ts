/** The secrets of acknowledgements, read when they are used. */
import { Webhook } from 'standardwebhooks';
import type { AcknowledgementSettings } from './policy.js';
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

/** What is wrong with the secrets as they are now, each with its remedy; empty where all can be used. */
export function unusableSecrets({ callbacks, bySource }: AcknowledgementSettings): string[] {
  return [
    ...(callbacks?.secrets ?? []).map((secret) => () => void createSigner(secret)),
    ...Object.values(bySource).map(
      ({ pagerduty }) =>
        () =>
          void pagerduty?.token.reveal(),
    ),
  ].flatMap((use) => {
    try {
      use();
      return [];
    } catch (error) {
      if (error instanceof ConfigurationError) return [error.message];
      throw error;
    }
  });
}
