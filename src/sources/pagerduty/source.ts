/** PagerDuty's webhooks, version 3: https://developer.pagerduty.com/docs/webhooks-overview */
import { z } from 'zod';
import { isOwnNote } from '../../acknowledgements/noteText.js';
import { secretsSchema, signedBy } from '../authentication/hmac.js';
import { parseJsonObject, textAt } from '../json.js';
import { sourceFields, Unusable, type SourceType } from '../source.js';
import { parsePagerDuty } from './parse.js';
import { SAMPLES } from './samples.js';

const schema = z.strictObject({
  ...sourceFields,
  type: z.literal('pagerduty'),
  /** Of the webhook subscription: PagerDuty shows it once, when the subscription is created. */
  secret: secretsSchema,
});

export const pagerduty: SourceType<z.output<typeof schema>> = {
  name: 'pagerduty',
  schema,
  // "must respond within 5 seconds": https://developer.pagerduty.com/docs/webhooks-overview#webhook-delivery
  respondWithinMs: 4_000,
  // Larger events are dropped by PagerDuty itself, at 256 KB.
  largestBodyBytes: 512 * 1024,
  samples: SAMPLES,
  create: ({ secret: secrets }) => ({
    ...signedBy({
      secrets,
      header: 'X-PagerDuty-Signature',
      read: signaturesIn,
      write: (signature) => `v1=${signature}`,
    }),
    identify: ({ body }) => {
      const payload = parseJsonObject(body);
      if (textAt(payload, 'event', 'event_type') === 'pagey.ping') {
        return { kind: 'test', says: 'a test event of the webhook subscription' };
      }
      if (isOwnNote(textAt(payload, 'event', 'data', 'content') ?? '')) {
        return { kind: 'test', says: 'a note of sendproof’s own, which reports a post' };
      }
      const key = textAt(payload, 'event', 'id');
      if (key === undefined) throw new Unusable('The body has no event.id.');
      return { kind: 'events', key };
    },
    parse: ({ body }) => [parsePagerDuty(parseJsonObject(body))],
  }),
};

/** As `v1=<hex>,v1=<hex>`: several while a secret is replaced. */
function signaturesIn(header: string): string[] {
  return header.split(',').flatMap((each) => /^\s*v1=([0-9a-f]+)\s*$/i.exec(each)?.[1] ?? []);
}
