/** The operations that read messages. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { jsonContent, problems } from '../bodies.js';
import {
  CONFIRMED_MESSAGE,
  CONFIRMED_SUMMARY,
  KEY,
  LINKS,
  PARKED_MESSAGE,
  RECEIPT,
  SLACK_CHANNEL,
} from '../examples.js';
import {
  messagePageSchema,
  messageStateSchema,
  queuedMessageSchema,
} from '../messageRepresentation.js';
import { messageQuerySchema, messageWaitSchema } from '../requests.js';
import { timelineSchema } from '../timelineRepresentation.js';
import { readKeyParameter } from './parameters.js';

export const searchMessages: ZodOpenApiOperationObject = {
  operationId: 'searchMessages',
  tags: ['Messages'],
  summary: 'Searches messages, newest first.',
  description:
    'A message matches if it meets all parameters. New messages appear within about a second.',
  requestParams: { query: messageQuerySchema },
  responses: {
    200: {
      description: 'The body is one page of messages.',
      content: jsonContent(messagePageSchema, {
        page: { summary: 'One message matches.', value: { messages: [CONFIRMED_SUMMARY] } },
      }),
    },
    ...problems([400, 401, 503]),
  },
};

export const getMessage: ZodOpenApiOperationObject = {
  operationId: 'getMessage',
  tags: ['Messages'],
  summary: 'Returns the status of one message and of each of its deliveries.',
  description:
    'With `wait`, the API answers when the message has its final status or needs a decision, or when the time is over.',
  requestParams: { path: readKeyParameter, query: messageWaitSchema },
  responses: {
    200: {
      description: 'The body is the message in its present state.',
      content: jsonContent(z.union([messageStateSchema, queuedMessageSchema]), {
        confirmed: { summary: 'The message is confirmed.', value: CONFIRMED_MESSAGE },
        deadLettered: { summary: 'The message needs a decision.', value: PARKED_MESSAGE },
        queued: {
          summary: 'The message is in the queue of `intake`.',
          value: {
            deduplicationKey: KEY,
            status: 'queued',
            queue: 'main',
            queuedAt: '2026-11-23T12:00:00.000Z',
            explanation:
              'Queued since 12:00:00 in the queue main, which has 312 records that are not settled. It is accepted when its turn comes.',
            deliveries: [],
            links: LINKS,
          },
        },
      }),
    },
    ...problems([400, 401, 404, 503]),
  },
};

export const getTimeline: ZodOpenApiOperationObject = {
  operationId: 'getTimeline',
  tags: ['Messages'],
  summary: 'Returns every step of one message, with an explanation.',
  description:
    'For a key that no message has, the answer explains why and lists similar keys. It is not a 404.',
  requestParams: { path: readKeyParameter },
  responses: {
    200: {
      description: 'The body is the timeline of the message.',
      content: jsonContent(timelineSchema, {
        known: {
          summary: 'The message is confirmed.',
          value: {
            deduplicationKey: KEY,
            known: true,
            status: 'confirmed',
            explanation: CONFIRMED_MESSAGE.explanation,
            entries: [
              {
                kind: 'received',
                at: '2026-11-23T12:00:00.000Z',
                destinations: [SLACK_CHANNEL],
                source: 'pagerduty',
                reference: 'Q1A2B3C4D5',
              },
              { kind: 'queued', at: '2026-11-23T12:00:00.120Z', destination: SLACK_CHANNEL },
              {
                kind: 'attempt',
                at: '2026-11-23T12:00:00.816Z',
                destination: SLACK_CHANNEL,
                number: 1,
                durationMs: 184,
                outcome: 'delivered',
                httpStatus: 200,
              },
              {
                kind: 'confirmed',
                at: '2026-11-23T12:00:01.000Z',
                destination: SLACK_CHANNEL,
                receipt: RECEIPT,
              },
              { kind: 'ended', at: '2026-11-23T12:00:01.020Z', status: 'confirmed' },
            ],
            links: LINKS,
          },
        },
        unknown: {
          summary: 'No message has this key.',
          value: {
            deduplicationKey: KEY,
            known: false,
            explanation: 'No message with this key is known. A similar key is listed.',
            entries: [],
            similarKeys: ['pagerduty-55-resolved'],
            links: LINKS,
          },
        },
      }),
    },
    ...problems([400, 401, 503]),
  },
};
