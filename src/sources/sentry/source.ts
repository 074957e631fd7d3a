/** Sentry's integration platform: https://docs.sentry.io/integrations/integration-platform/webhooks/ */
import { z } from 'zod';
import { secretsSchema, signedBy } from '../authentication/hmac.js';
import { parseJsonObject } from '../json.js';
import { sourceFields, type SourceRequest, type SourceType } from '../source.js';
import { keyOf } from './identity.js';
import { parseSentry } from './parse.js';
import { hookOf, type Hook } from './hook.js';
import { SAMPLES } from './samples.js';

const schema = z.strictObject({
  ...sourceFields,
  type: z.literal('sentry'),
  /** The client secret of the integration. */
  secret: secretsSchema,
});

export const sentry: SourceType<z.output<typeof schema>> = {
  name: 'sentry',
  schema,
  // "must respond within 1 second": https://docs.sentry.io/integrations/integration-platform/webhooks/#sentry-hook-resource
  respondWithinMs: 800,
  // Events have up to 1 MB: https://develop.sentry.dev/sdk/data-model/envelopes/#size-limits
  largestBodyBytes: 4 * 1024 * 1024,
  samples: SAMPLES,
  create: ({ secret: secrets }) => ({
    ...signedBy({ secrets, header: 'Sentry-Hook-Signature' }),
    identify: (request) => {
      const hook = readHook(request);
      if (hook.resource === 'installation' && hook.action === 'created') {
        return { kind: 'test', says: 'the integration was installed' };
      }
      return { kind: 'events', key: keyOf(hook) };
    },
    parse: (request) => [parseSentry(readHook(request))],
  }),
};

function readHook({ body, headers }: SourceRequest): Hook {
  const { 'sentry-hook-resource': resource, 'sentry-hook-timestamp': timestamp } = headers;
  return hookOf({ resource, timestamp }, parseJsonObject(body));
}
