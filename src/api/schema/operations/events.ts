/** The operation that sends events. */
import type { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { eventSchema } from '../../../domain/event.js';
import { jsonContent, problems } from '../bodies.js';
import {
  documentedEventBatchSchema,
  eventAcceptanceSchema,
  eventBatchResultSchema,
  eventBodySchema,
  eventQuerySchema,
} from '../eventRepresentation.js';
import { TRACE_ID } from '../examples.js';
import { messageLinks } from '../paths.js';
import { traceHeaders } from './parameters.js';

const MINIMAL = { key: 'build-4711-failed', source: 'ci', title: 'Build 4711 failed' };
const MESSAGE_KEY = 'ci:build-4711-failed';

const ACCEPTED: z.input<typeof eventAcceptanceSchema> = {
  status: 'accepted',
  key: MINIMAL.key,
  traceId: TRACE_ID,
  messages: [
    {
      deduplicationKey: MESSAGE_KEY,
      route: 'builds',
      duplicate: false,
      status: 'accepted',
      links: messageLinks(MESSAGE_KEY, ''),
    },
  ],
};

const MISSING_TITLE = { field: 'title', detail: 'is required' };

export const sendEvent: ZodOpenApiOperationObject = {
  operationId: 'sendEvent',
  tags: ['Events'],
  summary: 'Accepts one event, which the routes make messages of.',
  description:
    'The routes of the configuration decide where the event is shown, and how. The API answers after Temporal has stored a message for each route that takes the event. If no route takes the event, it becomes a message that says so. A repeated request with the same source and key is a duplicate, even if other fields differ.',
  requestParams: {
    query: eventQuerySchema,
    header: traceHeaders.extend({
      'Idempotency-Key': eventSchema.shape.key.optional().meta({
        description: 'The key of the event, as an alternative to `key` in the body.',
      }),
    }),
  },
  requestBody: {
    required: true,
    description: 'The event that happened.',
    content: jsonContent(eventBodySchema, {
      minimal: { summary: 'Reports a failed build.', value: MINIMAL },
      complete: {
        summary: 'Reports the state of an incident, with labels for the routes.',
        value: {
          key: '01DV8XKQZ3',
          source: 'monitoring',
          reference: '55',
          conversation: 'PABC123',
          state: 'triggered',
          occurredAt: '2026-11-23T12:00:00Z',
          severity: 'critical',
          title: 'Disk full on db-3',
          text: '**97 %** of `/var` is used.',
          url: 'https://monitoring.example.com/incidents/55',
          labels: { team: 'database', environment: 'production' },
        },
      },
    }),
  },
  responses: {
    200: {
      description: 'The event is a duplicate at each of its routes. Nothing was posted.',
      content: jsonContent(eventAcceptanceSchema, {
        duplicate: {
          summary: 'The event came before, and its message is confirmed.',
          value: {
            ...ACCEPTED,
            status: 'duplicate',
            messages: ACCEPTED.messages.map((message) => ({
              ...message,
              duplicate: true,
              status: 'confirmed' as const,
            })),
          },
        },
      }),
    },
    202: {
      description: 'Temporal has stored a message for each route that takes the event.',
      content: jsonContent(eventAcceptanceSchema, {
        accepted: { summary: 'One route takes the event.', value: ACCEPTED },
        explained: {
          summary: 'The answer says why the first route does not take the event.',
          value: {
            ...ACCEPTED,
            routes: [
              { route: 'database-critical', takes: false, reason: 'severity is not critical' },
              { route: 'builds', takes: true },
            ],
          },
        },
      }),
    },
    ...problems([400, 401, 413, 415, 503], {
      400: {
        description: 'The event is not valid. `errors` names each wrong field.',
        example: {
          type: 'invalid_request',
          detail: `${MISSING_TITLE.field}: ${MISSING_TITLE.detail}`,
          errors: [MISSING_TITLE],
        },
      },
    }),
  },
};

const INVALID_EVENT = {
  type: 'invalid_request' as const,
  title: 'The request is not valid',
  status: 400,
  detail: `${MISSING_TITLE.field}: ${MISSING_TITLE.detail}`,
  errors: [MISSING_TITLE],
};

export const sendEvents: ZodOpenApiOperationObject = {
  operationId: 'sendEvents',
  tags: ['Events'],
  summary: 'Accepts up to 1,000 events, which the routes make messages of.',
  description:
    'Each event is accepted or refused by itself and has its own result, in the order of the request. An event may have up to 1 MiB of JSON, as if it was sent alone.',
  requestParams: { query: eventQuerySchema, header: traceHeaders },
  requestBody: {
    required: true,
    description: 'The events that happened.',
    content: jsonContent(documentedEventBatchSchema, {
      one: { summary: 'Reports one failed build.', value: { events: [MINIMAL] } },
    }),
  },
  responses: {
    200: {
      description: 'Each event has its own result.',
      content: jsonContent(eventBatchResultSchema, {
        mixed: {
          summary: 'The first event is accepted, the second is not valid.',
          value: {
            results: [
              { status: 202, event: ACCEPTED },
              { status: 400, problem: INVALID_EVENT },
            ],
          },
        },
      }),
    },
    ...problems([400, 401, 413, 415, 503], {
      400: {
        description: 'The batch is not valid. `errors` names each wrong field.',
        example: {
          type: 'invalid_request',
          detail: 'events: must hold at least one event',
          errors: [{ field: 'events', detail: 'must hold at least one event' }],
        },
      },
    }),
  },
};
