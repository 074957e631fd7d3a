/** What tools posted to an Office 365 connector, or post to a workflow of Teams: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
import { z } from 'zod';
import {
  allOf,
  credentialFields,
  credentials,
  refineCredentials,
} from '../authentication/credentials.js';
import { parseJsonObject } from '../json.js';
import { requestKey } from '../requestKey.js';
import { sourceFields, type SourceType } from '../source.js';
import { parseTeamsPayload } from './parse.js';
import { SAMPLES } from './samples.js';

const schema = z
  .strictObject({ ...sourceFields, ...credentialFields, type: z.literal('teams-webhook') })
  .superRefine(refineCredentials);

export const teamsWebhook: SourceType<z.output<typeof schema>> = {
  name: 'teams-webhook',
  schema,
  respondWithinMs: 8_000,
  // Teams takes 28 KB.
  largestBodyBytes: 512 * 1024,
  samples: SAMPLES,
  create: (settings) => ({
    ...allOf(credentials(settings)),
    // As a connector answers.
    accepted: { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: '1' },
    identify: (request) => ({ kind: 'events', key: requestKey(request) }),
    parse: (request) => [parseTeamsPayload(parseJsonObject(request.body), requestKey(request))],
  }),
};
