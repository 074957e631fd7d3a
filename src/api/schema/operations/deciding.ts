/** The operations by which people decide on one message. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { jsonContent, problems } from '../bodies.js';
import { KEY, LINKS, RESCHEDULED_MESSAGE, SLACK_CHANNEL } from '../examples.js';
import {
  decisionSchema,
  erasedMessageSchema,
  messageStateSchema,
} from '../messageRepresentation.js';
import {
  deleteMessageQuerySchema,
  discardBodySchema,
  rescheduleBodySchema,
  retryBodySchema,
} from '../requests.js';
import { keyParameter } from './parameters.js';

function accepted(
  action: z.input<typeof decisionSchema>['action'],
  description: string,
): ZodOpenApiResponsesObject {
  const value = { deduplicationKey: KEY, action, destinations: [SLACK_CHANNEL], links: LINKS };
  return {
    202: {
      description,
      content: jsonContent(decisionSchema, {
        [action]: { summary: 'The decision applies to one delivery.', value },
      }),
    },
  };
}

export const retryMessage: ZodOpenApiOperationObject = {
  operationId: 'retryMessage',
  tags: ['Dead letters'],
  summary: 'Retries the dead letters of one message.',
  description: 'Each dead letter is attempted again, with all attempts of its retry profile.',
  requestParams: { path: keyParameter },
  requestBody: {
    description: 'The limits and the author of the decision. The body may be left out.',
    content: jsonContent(retryBodySchema, {
      all: {
        summary: 'Retries every dead letter of the message.',
        value: { by: 'Ada Lovelace', reason: 'The bot has been invited to the channel.' },
      },
      one: {
        summary: 'Retries the delivery to one destination.',
        value: { destination: SLACK_CHANNEL, by: 'Ada Lovelace' },
      },
    }),
  },
  responses: {
    ...accepted('retry', 'The decision is accepted and the message will be posted again.'),
    ...problems([400, 401, 404, 409, 413, 415, 503]),
  },
};

export const discardMessage: ZodOpenApiOperationObject = {
  operationId: 'discardMessage',
  tags: ['Dead letters'],
  summary: 'Discards the dead letters of one message.',
  description: 'A discarded delivery is never posted. The decision is final.',
  requestParams: { path: keyParameter },
  requestBody: {
    required: true,
    description: 'The limits, the author and the explanation of the decision.',
    content: jsonContent(discardBodySchema, {
      all: {
        summary: 'Discards every dead letter of the message.',
        value: { by: 'Ada Lovelace', reason: 'The incident is resolved.' },
      },
      one: {
        summary: 'Discards the delivery to one destination.',
        value: {
          destination: SLACK_CHANNEL,
          by: 'Ada Lovelace',
          reason: 'The incident is resolved.',
        },
      },
    }),
  },
  responses: {
    ...accepted('discard', 'The decision is accepted and the message will not be posted.'),
    ...problems([400, 401, 404, 409, 413, 415, 503]),
  },
};

export const rescheduleMessage: ZodOpenApiOperationObject = {
  operationId: 'rescheduleMessage',
  tags: ['Messages'],
  summary: 'Gives a message that has not begun other times.',
  description: 'A time that is left out stays as it is. A running worker is needed.',
  requestParams: { path: keyParameter },
  requestBody: {
    required: true,
    description: 'The new times, and the author and the explanation of the decision.',
    content: jsonContent(rescheduleBodySchema, {
      later: {
        summary: 'Posts the message at another time.',
        value: { deliverAt: '2026-11-23T12:00:00Z', by: 'Ada Lovelace' },
      },
      atOnce: {
        summary: 'Posts the message immediately, and removes its expiry.',
        value: { deliverAt: null, expiresAt: null },
      },
    }),
  },
  responses: {
    200: {
      description: 'The new times apply. The body is the message in its present state.',
      content: jsonContent(messageStateSchema, {
        rescheduled: { summary: 'The message waits for its new time.', value: RESCHEDULED_MESSAGE },
      }),
    },
    ...problems([400, 401, 404, 409, 413, 415, 503], {
      409: {
        description: 'The message has begun or ended, so its times can’t change.',
        example: {
          type: 'nothing_to_reschedule',
          detail: 'The message can’t be rescheduled: its deliveries have begun.',
        },
      },
    }),
  },
};

export const cancelMessage: ZodOpenApiOperationObject = {
  operationId: 'cancelMessage',
  tags: ['Messages'],
  summary:
    'Cancels the deliveries of one message that are not confirmed, or erases one that has ended.',
  description:
    'An attempt that is in progress ends with the answer of the platform, which still counts. With `erase`, a message that has ended is erased, for which the scope `admin` is needed: `content` can’t be read by anybody any more; after `all` the key is free, and a message with it is a new one.',
  requestParams: { path: keyParameter, query: deleteMessageQuerySchema },
  responses: {
    200: {
      description:
        'The content, or the message, is erased. If Temporal has yet to delete the message, the status is 202 and `remains` says so.',
      content: jsonContent(erasedMessageSchema, {
        erase: {
          summary: 'The content is erased.',
          value: {
            deduplicationKey: KEY,
            action: 'erase',
            erased: 'content',
            because: 'person',
            at: '2026-11-26T12:00:00.000Z',
            by: 'privacy',
            remains: ['The posts at its destinations.'],
            links: LINKS,
          },
        },
      }),
    },
    202: {
      description:
        'The decision is accepted and no further attempt will be made; or Temporal has yet to delete the message.',
      content: jsonContent(z.union([decisionSchema, erasedMessageSchema]), {
        cancel: {
          summary: 'The decision applies to one delivery.',
          value: {
            deduplicationKey: KEY,
            action: 'cancel',
            destinations: [SLACK_CHANNEL],
            links: LINKS,
          },
        },
      }),
    },
    ...problems([400, 401, 404, 409, 415, 503], {
      409: {
        description:
          'The message has its final status, so there is nothing to cancel; or it has none yet, so it can’t be erased.',
        example: {
          type: 'nothing_to_cancel',
          detail: 'It is confirmed since 2026-11-23T12:00:01.000Z.',
        },
      },
    }),
  },
};
