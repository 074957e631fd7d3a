/** Datadog's webhooks: https://docs.datadoghq.com/integrations/webhooks/ */
import { z } from 'zod';
import {
  allOf,
  credentialFields,
  credentials,
  refineCredentials,
} from '../authentication/credentials.js';
import { sourceFields, type SourceType } from '../source.js';
import { keyOf, parseDatadog, readPayload } from './parse.js';
import { SAMPLES } from './samples.js';

const schema = z
  .strictObject({ ...sourceFields, ...credentialFields, type: z.literal('datadog') })
  .superRefine(refineCredentials);

export const datadog: SourceType<z.output<typeof schema>> = {
  name: 'datadog',
  schema,
  // "The timeout for any individual request is 15 seconds": https://docs.datadoghq.com/integrations/webhooks/#usage
  respondWithinMs: 10_000,
  largestBodyBytes: 1024 * 1024,
  samples: SAMPLES,
  create: (settings) => ({
    ...allOf(credentials(settings)),
    identify: (request) => ({ kind: 'events', key: keyOf(readPayload(request)) }),
    parse: (request) => [parseDatadog(readPayload(request))],
  }),
};
