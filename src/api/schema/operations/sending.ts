/** The operations that send messages. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { deduplicationKeySchema, messageBodySchema } from '../../../domain/message.js';
import { acceptanceSchema, batchResultSchema } from '../acceptanceRepresentation.js';
import { batchStateSchema } from '../batchRepresentation.js';
import { jsonContent, problemExample, problems } from '../bodies.js';
import { KEY, LINKS, SLACK_CHANNEL, TEAMS_WEBHOOK, TRACE_ID } from '../examples.js';
import { documentedBatchSchema } from '../requests.js';
import { QUEUED_BATCH } from './batches.js';
import { traceHeaders } from './parameters.js';

const locationHeader = z.object({
  Location: z
    .string()
    .meta({ description: 'The path of the message in this API.', examples: [LINKS.self] }),
});

const MINIMAL = {
  deduplicationKey: KEY,
  destinations: [SLACK_CHANNEL],
  content: { text: '**Checkout is down.** Runbook: https://example.com/runbooks/checkout' },
};

const ACCEPTED = {
  deduplicationKey: KEY,
  status: 'accepted',
  duplicate: false,
  traceId: TRACE_ID,
  links: LINKS,
} as const;

const BAD_DESTINATION = {
  field: 'destinations.0',
  detail: 'must have the form <platform>:<account>/<channel>, as slack:default/C0123ABC',
};
const INVALID_MESSAGE = {
  type: 'invalid_request' as const,
  detail: `${BAD_DESTINATION.field}: ${BAD_DESTINATION.detail}`,
  errors: [BAD_DESTINATION],
};

export const sendMessage: ZodOpenApiOperationObject = {
  operationId: 'sendMessage',
  tags: ['Messages'],
  summary: 'Accepts one message for delivery.',
  description:
    'The API answers after Temporal has stored the message. `onAmbiguous` decides about an attempt with an unknown outcome. A repeated request with the same key and content is answered as a duplicate.',
  requestParams: {
    header: traceHeaders.extend({
      'Idempotency-Key': deduplicationKeySchema.optional().meta({
        description: 'The key of the message, as an alternative to `deduplicationKey` in the body.',
      }),
    }),
  },
  requestBody: {
    required: true,
    description: 'The message to deliver.',
    content: jsonContent(messageBodySchema, {
      minimal: { summary: 'Posts a text to one Slack channel.', value: MINIMAL },
      complete: {
        summary: 'Uses a fallback, a priority, an expiry and a callback.',
        value: {
          deduplicationKey: 'pagerduty-56-triggered',
          destinations: [
            { destination: SLACK_CHANNEL, fallback: [TEAMS_WEBHOOK], fallbackAfter: '5m' },
          ],
          content: { ...MINIMAL.content, title: 'Incident 56 triggered', severity: 'critical' },
          correlation: {
            source: 'pagerduty',
            reference: 'Q1A2B3C4D6',
            url: 'https://example.pagerduty.com/incidents/Q1A2B3C4D6',
          },
          priority: 1,
          onAmbiguous: 'resend',
          retryProfile: 'page',
          deliverAt: '2026-11-23T12:00:00Z',
          expiresAt: '2026-11-23T18:00:00Z',
          conversation: {
            key: 'pagerduty:Q1A2B3C4D6',
            mode: 'update',
            at: '2026-11-23T11:59:58Z',
            rank: 0,
          },
          acknowledge: {
            url: 'https://hooks.example.com/sendproof',
            events: ['message.confirmed', 'message.dead_lettered'],
          },
        },
      },
    }),
  },
  responses: {
    200: {
      description: 'The message is a duplicate. Nothing was changed or posted.',
      headers: locationHeader,
      content: jsonContent(acceptanceSchema, {
        duplicate: {
          summary: 'The original message is confirmed.',
          value: {
            ...ACCEPTED,
            status: 'confirmed',
            duplicate: true,
            explanation: 'The original was accepted at 12:00:00 and confirmed at 12:00:01.',
          },
        },
      }),
    },
    202: {
      description:
        'The message is accepted and stored by Temporal; or it is `queued`: stored by the queue that `intake` names, where one is configured. Duplicates and reused keys are then known later.',
      headers: locationHeader,
      content: jsonContent(acceptanceSchema, {
        accepted: { summary: 'The message is accepted.', value: ACCEPTED },
      }),
    },
    ...problems([400, 401, 413, 415, 422, 503], {
      400: {
        description: 'The message is not valid. `errors` names each wrong field.',
        example: INVALID_MESSAGE,
      },
    }),
  },
};

export const sendMessages: ZodOpenApiOperationObject = {
  operationId: 'sendMessages',
  tags: ['Messages'],
  summary: 'Accepts up to 1,000 messages for delivery.',
  description:
    'Each message is accepted or refused by itself and has its own result, in the order of the request. With `Prefer: respond-async`, the API answers as soon as Temporal has stored the whole batch, and starts its messages in the background.',
  requestParams: {
    header: traceHeaders.extend({
      Prefer: z
        .string()
        .optional()
        .meta({
          description:
            '`respond-async`: start the messages in the background (RFC 7240). Other preferences are ignored.',
          examples: ['respond-async'],
        }),
      'Idempotency-Key': deduplicationKeySchema.optional().meta({
        description:
          'The key of the batch, with `Prefer: respond-async`. Without this header, the same messages are the same batch.',
        examples: ['nightly-2026-11-23'],
      }),
    }),
  },
  requestBody: {
    required: true,
    description: 'The messages to deliver.',
    content: jsonContent(documentedBatchSchema, {
      batch: {
        summary: 'Posts two messages to one Slack channel.',
        value: {
          messages: [
            MINIMAL,
            {
              ...MINIMAL,
              deduplicationKey: 'pagerduty-55-resolved',
              content: { text: 'Checkout is up again.', severity: 'ok' },
            },
          ],
        },
      },
    }),
  },
  responses: {
    200: {
      description:
        'The body has one result for each message. With `Prefer: respond-async`: the batch is a duplicate, and the body is its present state.',
      content: jsonContent(z.union([batchResultSchema, batchStateSchema]), {
        results: {
          summary: 'One message is accepted and one is refused.',
          value: {
            results: [
              { status: 202, message: ACCEPTED },
              { status: 400, problem: problemExample(INVALID_MESSAGE) },
            ],
          },
        },
        duplicate: {
          summary: 'The same batch was accepted before.',
          value: { ...QUEUED_BATCH, duplicate: true },
        },
      }),
    },
    202: {
      description:
        'The batch is stored by Temporal, and its messages are started in the background.',
      headers: z.object({
        Location: z.string().meta({
          description: 'The path of the batch in this API.',
          examples: [QUEUED_BATCH.links.self],
        }),
        'Preference-Applied': z
          .string()
          .meta({ description: 'The applied preference.', examples: ['respond-async'] }),
      }),
      content: jsonContent(batchStateSchema, {
        queued: {
          summary: 'The batch is stored.',
          value: { ...QUEUED_BATCH, duplicate: false },
        },
      }),
    },
    ...problems([400, 401, 413, 415, 422, 503], {
      400: {
        description: 'The batch is not valid as a whole.',
        example: {
          type: 'invalid_request',
          detail: 'messages: must hold at least one message',
          errors: [{ field: 'messages', detail: 'must hold at least one message' }],
        },
      },
    }),
  },
};
