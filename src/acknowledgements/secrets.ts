/** The secrets of acknowledgements, read when they are used. */
import { createSigner } from '../http/webhookSigner.js';
import type { AcknowledgementSettings } from './policy.js';
import { ConfigurationError } from '../lib/configurationError.js';

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
