/** The operations on the dead letters of many messages. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { jsonContent, problems } from '../bodies.js';
import {
  bulkDecisionProgressSchema,
  bulkDecisionSchema,
  bulkDryRunSchema,
  deadLetterSummarySchema,
} from '../deadLetterRepresentation.js';
import {
  DEAD_LETTERS,
  DECISION_ID,
  DECISION_PATH,
  PARKED_SUMMARY,
  SLACK_CHANNEL,
} from '../examples.js';
import { messagePageSchema } from '../messageRepresentation.js';
import {
  bulkDecisionBodySchema,
  deadLetterQuerySchema,
  deadLetterSummaryQuerySchema,
} from '../requests.js';

export const listDeadLetters: ZodOpenApiOperationObject = {
  operationId: 'listDeadLetters',
  tags: ['Dead letters'],
  summary: 'Lists the messages that have dead letters, newest first.',
  description: 'A message has a dead letter while one of its deliveries needs a decision.',
  requestParams: { query: deadLetterQuerySchema },
  responses: {
    200: {
      description: 'The body is one page of messages.',
      content: jsonContent(messagePageSchema, {
        page: { summary: 'One message has a dead letter.', value: { messages: [PARKED_SUMMARY] } },
      }),
    },
    ...problems([400, 401, 503]),
  },
};

export const summariseDeadLetters: ZodOpenApiOperationObject = {
  operationId: 'summariseDeadLetters',
  tags: ['Dead letters'],
  summary: 'Counts the dead letters by destination and reason.',
  description: 'Only dead letters that match all parameters are counted.',
  requestParams: { query: deadLetterSummaryQuerySchema },
  responses: {
    200: {
      description: 'The body has the number of dead letters in each group.',
      content: jsonContent(deadLetterSummarySchema, {
        summary: { summary: 'One destination has dead letters.', value: DEAD_LETTERS },
      }),
    },
    ...problems([400, 401, 503]),
  },
};

const locationHeader = z.object({
  Location: z.string().meta({
    description: 'The path of the progress of the decision in this API.',
    examples: [DECISION_PATH],
  }),
});

function bulkResponses(action: 'retry' | 'discard'): ZodOpenApiResponsesObject {
  return {
    200: {
      description: 'The dead letters were counted, because `dryRun` is true.',
      content: jsonContent(bulkDryRunSchema, {
        dryRun: {
          summary: 'The decision would apply to twelve dead letters.',
          value: { action, dryRun: true, ...DEAD_LETTERS },
        },
      }),
    },
    202: {
      description: 'The decision is accepted and is carried out at the pace of the accounts.',
      headers: locationHeader,
      content: jsonContent(bulkDecisionSchema, {
        accepted: {
          summary: 'The decision applies to twelve dead letters.',
          value: {
            id: DECISION_ID,
            action,
            dryRun: false,
            ...DEAD_LETTERS,
            pending: 0,
            links: { self: DECISION_PATH },
          },
        },
      }),
    },
    ...problems([400, 401, 409, 413, 415, 503], {
      409: {
        description: 'No dead letter matches the filter.',
        example: {
          type: 'no_dead_letters',
          detail: 'No dead letter matches the filter: nothing was decided.',
        },
      },
    }),
  };
}

const BY_DESTINATION = { destination: SLACK_CHANNEL, reason: 'not_authorised' } as const;

export const retryDeadLetters: ZodOpenApiOperationObject = {
  operationId: 'retryDeadLetters',
  tags: ['Dead letters'],
  summary: 'Retries all dead letters that match a filter.',
  description: 'With `dryRun`, the dead letters are counted and nothing is changed.',
  requestBody: {
    required: true,
    description: 'The filter, the author and the explanation of the decision.',
    content: jsonContent(bulkDecisionBodySchema, {
      dryRun: {
        summary: 'Counts every dead letter.',
        value: { filter: {}, dryRun: true },
      },
      filtered: {
        summary: 'Retries the dead letters of one destination and reason.',
        value: {
          filter: BY_DESTINATION,
          by: 'Ada Lovelace',
          reason: 'The bot has been invited to the channel.',
        },
      },
    }),
  },
  responses: bulkResponses('retry'),
};

export const discardDeadLetters: ZodOpenApiOperationObject = {
  operationId: 'discardDeadLetters',
  tags: ['Dead letters'],
  summary: 'Discards all dead letters that match a filter.',
  description:
    'A discarded delivery is never posted. With `dryRun`, the dead letters are counted and nothing is changed.',
  requestBody: {
    required: true,
    description: 'The filter, the author and the explanation of the decision.',
    content: jsonContent(bulkDecisionBodySchema, {
      dryRun: {
        summary: 'Counts the dead letters of one destination.',
        value: { filter: { destination: SLACK_CHANNEL }, dryRun: true },
      },
      filtered: {
        summary: 'Discards the dead letters of one destination and reason.',
        value: {
          filter: BY_DESTINATION,
          by: 'Ada Lovelace',
          reason: 'The incident is resolved.',
        },
      },
    }),
  },
  responses: bulkResponses('discard'),
};

export const followBulkDecision: ZodOpenApiOperationObject = {
  operationId: 'followBulkDecision',
  tags: ['Dead letters'],
  summary: 'Returns the progress of a decision on many dead letters.',
  description: 'The progress is kept until later decisions take its place.',
  requestParams: {
    path: z.object({
      id: z.string().meta({ description: 'The id of the decision.', examples: [DECISION_ID] }),
    }),
  },
  responses: {
    200: {
      description: 'The body is the progress of the decision.',
      content: jsonContent(bulkDecisionProgressSchema, {
        done: {
          summary: 'Twelve dead letters have the decision.',
          value: {
            id: DECISION_ID,
            action: 'retry',
            by: 'Ada Lovelace',
            reason: 'The bot has been invited to the channel.',
            requestedAt: '2026-11-23T12:30:00.000Z',
            filter: { reason: 'not_authorised' },
            done: true,
            decided: 12,
            pending: 0,
            destinations: [
              {
                destination: SLACK_CHANNEL,
                decided: 12,
                finishedAt: '2026-11-23T12:31:00.000Z',
              },
            ],
          },
        },
      }),
    },
    ...problems([400, 401, 404, 503], {
      404: {
        description: 'No decision with this id is known.',
        example: {
          type: 'not_found',
          detail: `No decision "${DECISION_ID}" is known: it was never made, or newer decisions have replaced it in the record.`,
        },
      },
    }),
  },
};
