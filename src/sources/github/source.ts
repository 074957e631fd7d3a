/** GitHub's webhooks: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
import { z } from 'zod';
import type { Secret } from '../../lib/secret.js';
import { allOf } from '../authentication/credentials.js';
import { secretsSchema, signedBy } from '../authentication/hmac.js';
import { formOf } from '../form.js';
import { parseJsonObject, type JsonObject } from '../json.js';
import {
  sourceFields,
  Unusable,
  type Authentication,
  type SourceRequest,
  type SourceType,
} from '../source.js';
import { parseGitHub } from './parse.js';
import { SAMPLES } from './samples.js';

const schema = z.strictObject({
  ...sourceFields,
  type: z.literal('github'),
  /** The "Secret" of the webhook's settings. */
  secret: secretsSchema.optional(),
});

export const github: SourceType<z.output<typeof schema>> = {
  name: 'github',
  schema,
  // "Your server should respond with a 2XX response within 10 seconds":
  // https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
  respondWithinMs: 8_000,
  // "Payloads are capped at 25 MB."
  largestBodyBytes: 26 * 1024 * 1024,
  samples: SAMPLES,
  create: ({ secret: secrets }) => ({
    ...allOf(secrets === undefined ? [] : [signature(secrets)]),
    identify: (request) => {
      if (kindOf(request) === 'ping') {
        return { kind: 'test', says: 'the ping of a new webhook' };
      }
      return { kind: 'events', key: deliveryOf(request) };
    },
    parse: (request) =>
      parseGitHub({
        kind: kindOf(request),
        delivery: deliveryOf(request),
        payload: payloadOf(request),
      }),
  }),
};

function signature(secrets: readonly Secret[]): Authentication {
  return signedBy({
    secrets,
    header: 'X-Hub-Signature-256',
    read: (value) =>
      value.split(',').flatMap((each) => /^\s*sha256=([0-9a-f]+)\s*$/i.exec(each)?.[1] ?? []),
    write: (hex) => `sha256=${hex}`,
  });
}

function kindOf({ headers }: SourceRequest): string {
  const kind = headers['x-github-event']?.trim();
  if (kind) return kind;
  throw new Unusable('The header X-GitHub-Event is missing.');
}

/** The same for each redelivery. */
function deliveryOf({ headers }: SourceRequest): string {
  const delivery = headers['x-github-delivery']?.trim();
  if (delivery) return delivery;
  throw new Unusable('The header X-GitHub-Delivery is missing.');
}

/** A webhook's "Content type" is JSON, or a form with the JSON in its field `payload`. */
function payloadOf(request: SourceRequest): JsonObject {
  const form = formOf(request);
  return parseJsonObject(form ? Buffer.from(form.get('payload') ?? '') : request.body);
}
