/** What any tool posts to an incoming webhook of Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
import { z } from 'zod';
import {
  allOf,
  credentialFields,
  credentials,
  refineCredentials,
} from '../authentication/credentials.js';
import { formOf } from '../form.js';
import { parseJsonObject, type JsonObject } from '../json.js';
import { requestKey } from '../requestKey.js';
import { sourceFields, type SourceRequest, type SourceType } from '../source.js';
import { parseWebhook } from './parse.js';
import { SAMPLES } from './samples.js';

const schema = z
  .strictObject({
    ...sourceFields,
    ...credentialFields,
    type: z.literal('slack-webhook'),
    /** Whether what is sent may mention people and whole channels. */
    mentions: z.enum(['allow', 'show']).default('show'),
  })
  .superRefine(refineCredentials);

export const slackWebhook: SourceType<z.output<typeof schema>> = {
  name: 'slack-webhook',
  schema,
  // Slack documents no time. Its own SDK and most tools wait for longer.
  respondWithinMs: 8_000,
  largestBodyBytes: 512 * 1024,
  samples: SAMPLES,
  create: ({ mentions, ...settings }) => ({
    ...allOf(credentials(settings)),
    accepted: { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: 'ok' },
    identify: (request) => ({ kind: 'events', key: requestKey(request) }),
    parse: (request) => [
      parseWebhook(payloadOf(request), {
        key: requestKey(request),
        mayMention: mentions === 'allow',
      }),
    ],
  }),
};

/** JSON, or a form with the JSON in its field `payload`. curl calls JSON a form where nobody tells it another type. */
function payloadOf(request: SourceRequest): JsonObject {
  const payload = formOf(request)?.get('payload') ?? undefined;
  return parseJsonObject(payload === undefined ? request.body : Buffer.from(payload));
}
