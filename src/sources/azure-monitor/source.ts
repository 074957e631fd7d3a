/** Azure Monitor's alerts in the common schema: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema */
import { z } from 'zod';
import {
  allOf,
  credentialFields,
  credentials,
  refineCredentials,
} from '../authentication/credentials.js';
import { parseJsonObject } from '../json.js';
import { sourceFields, type SourceType } from '../source.js';
import { entraFields, entraToken } from './entra.js';
import { alertKey, parseAlert } from './parse.js';
import { SAMPLES } from './samples.js';

const schema = z
  .strictObject({
    ...sourceFields,
    ...credentialFields,
    type: z.literal('azure-monitor'),
    /** The "secure webhook" of an action group. */
    entra: z.strictObject(entraFields).optional(),
  })
  .superRefine(refineCredentials);

export const azureMonitor: SourceType<z.output<typeof schema>> = {
  name: 'azure-monitor',
  schema,
  // "Responses must be received within 10 seconds":
  // https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups#webhook
  respondWithinMs: 8_000,
  largestBodyBytes: 1024 * 1024,
  samples: SAMPLES,
  create: ({ entra, ...settings }) => ({
    ...allOf([...credentials(settings), ...(entra ? [entraToken(entra)] : [])]),
    identify: ({ body }) => ({ kind: 'events', key: alertKey(parseJsonObject(body)) }),
    parse: ({ body }) => [parseAlert(parseJsonObject(body))],
  }),
};
