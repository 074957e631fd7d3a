/** The operations by which people decide on one message. */
import type { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { jsonContent, problems } from '../bodies.js';
import { KEY, LINKS, SLACK_CHANNEL } from '../examples.js';
import { decisionSchema } from '../messageRepresentation.js';
import { cancelQuerySchema, discardBodySchema, retryBodySchema } from '../requests.js';
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

export const cancelMessage: ZodOpenApiOperationObject = {
  operationId: 'cancelMessage',
  tags: ['Messages'],
  summary: 'Cancels the deliveries of one message that are not confirmed.',
  description:
    'An attempt that is in progress ends with the answer of the platform, which still counts.',
  requestParams: { path: keyParameter, query: cancelQuerySchema },
  responses: {
    ...accepted('cancel', 'The decision is accepted and no further attempt will be made.'),
    ...problems([400, 401, 404, 409, 503], {
      409: {
        description: 'The message has its final status, so there is nothing to cancel.',
        example: {
          type: 'nothing_to_cancel',
          detail: 'It is confirmed since 2026-11-23T12:00:01.000Z.',
        },
      },
    }),
  },
};
