/** The callback that sendproof makes to the URL of `acknowledge`. */
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { jsonContent } from '../bodies.js';
import { acknowledgementSchema, callbackHeaders } from '../callbackRepresentation.js';
import { KEY, RECEIPT, SLACK_CHANNEL, TRACE_ID } from '../examples.js';

const message = {
  deduplicationKey: KEY,
  source: 'pagerduty',
  reference: 'Q1A2B3C4D5',
  traceId: TRACE_ID,
};

export const acknowledge: ZodOpenApiOperationObject = {
  operationId: 'acknowledge',
  tags: ['Callbacks'],
  summary: 'Receives an event of a message.',
  description:
    'sendproof sends this request to the URL in `acknowledge`. It is signed as the Standard Webhooks specification says, and is attempted until the receiver answers 2xx or its retry profile ends.',
  security: [],
  requestParams: { header: callbackHeaders },
  requestBody: {
    required: true,
    description: 'The event and the state of the message.',
    content: jsonContent(acknowledgementSchema, {
      confirmed: {
        summary: 'Every destination has confirmed the message.',
        value: {
          type: 'message.confirmed',
          timestamp: '2026-11-23T12:00:01.000Z',
          data: {
            ...message,
            summary: 'Delivery Status: Confirmed',
            status: 'confirmed',
            deliveries: [{ destination: SLACK_CHANNEL, status: 'confirmed', receipt: RECEIPT }],
          },
        },
      },
      retried: {
        summary: 'A person has retried a dead letter.',
        value: {
          type: 'message.retried',
          timestamp: '2026-11-23T12:30:00.000Z',
          data: {
            ...message,
            summary: 'Delivery Status: Retried',
            status: 'delivering',
            deliveries: [
              { destination: SLACK_CHANNEL, status: 'delivering', reason: 'not_authorised' },
            ],
            destination: SLACK_CHANNEL,
            by: 'Ada Lovelace',
            why: 'The bot has been invited to the channel.',
          },
        },
      },
    }),
  },
  responses: {
    '2XX': { description: 'The receiver has the event, which is not sent again.' },
    410: { description: 'The receiver does not want this event, which is not sent again.' },
    '4XX': {
      description:
        'The receiver refuses the event, which is not sent again, except after 408, 423, 425 and 429.',
    },
    301: { description: 'The receiver has moved for good, so the event is not sent again.' },
    308: { description: 'The receiver has moved for good, so the event is not sent again.' },
    default: { description: 'The receiver failed, and the event is sent again later.' },
  },
};
