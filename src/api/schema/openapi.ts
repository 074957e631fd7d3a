/** The OpenAPI document, made of the same schemas that validate. */
import { z } from 'zod';
import { createDocument, type ZodOpenApiResponsesObject } from 'zod-openapi';
import {
  deduplicationKeySchema,
  messageBodySchema,
  messageSchema,
  readableKeySchema,
} from '../../domain/message.js';
import { acknowledgementSchema, callbackHeaders } from './callbackRepresentation.js';
import {
  acceptanceSchema,
  batchResultSchema,
  bulkDecisionProgressSchema,
  bulkDecisionSchema,
  bulkDryRunSchema,
  deadLetterSummarySchema,
  decisionSchema,
  messagePageSchema,
  messageStateSchema,
} from './representations.js';
import { timelineSchema } from './timelineRepresentation.js';
import {
  messageQuerySchema,
  messageWaitSchema,
  bulkDecisionBodySchema,
  deadLetterQuerySchema,
  deadLetterSummaryQuerySchema,
  cancelQuerySchema,
  discardBodySchema,
  retryBodySchema,
  batchSchema,
} from './requests.js';
import { problemSchema } from './problem.js';

const jsonContent = (schema: z.ZodType) => ({ 'application/json': { schema } });

const PROBLEM_DESCRIPTIONS = {
  400: 'A field is wrong; `errors` names each.',
  401: 'An API key is needed.',
  404: 'No message with this key is known.',
  409: 'There is nothing to decide any more, or not yet; `detail` says why.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'The key was used for other content; `errors` names the fields that differ.',
  503: 'Temporal can’t be reached or is overloaded: send it again with the same key.',
} as const;

function problems(...statuses: (keyof typeof PROBLEM_DESCRIPTIONS)[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: PROBLEM_DESCRIPTIONS[status],
        content: { 'application/problem+json': { schema: problemSchema } },
        ...(status === 503 && {
          headers: z.object({ 'Retry-After': z.int().meta({ description: 'Seconds.' }) }),
        }),
      },
    ]),
  );
}

const keyParameter = z.object({ key: deduplicationKeySchema });
const readKeyParameter = z.object({ key: readableKeySchema });
const ingestionHeaders = z.object({
  traceparent: z
    .string()
    .optional()
    .meta({ description: 'W3C trace context, which is continued.' }),
});

const bulkDecisionResponses: ZodOpenApiResponsesObject = {
  200: { description: '`dryRun`: what it would be about.', content: jsonContent(bulkDryRunSchema) },
  202: {
    description: 'Taken: made at the pace of the accounts.',
    headers: z.object({ Location: z.string().meta({ description: 'Where its progress is.' }) }),
    content: jsonContent(bulkDecisionSchema),
  },
  ...problems(400, 401, 409, 503),
};

/** `version` is the product's. */
export function openApiDocument(version: string) {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'sendproof',
      version,
      description: 'Reliable messaging automation for enterprise chat.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ apiKey: [] }],
    components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/v1/messages': {
        post: {
          operationId: 'sendMessage',
          summary: 'Accept a message for delivery.',
          requestParams: {
            header: ingestionHeaders.extend({
              'Idempotency-Key': deduplicationKeySchema
                .optional()
                .meta({ description: 'Instead of `deduplicationKey` in the body.' }),
            }),
          },
          requestBody: {
            required: true,
            content: jsonContent(messageBodySchema),
          },
          responses: {
            202: {
              description: 'Accepted: written down by Temporal.',
              content: jsonContent(acceptanceSchema),
            },
            200: {
              description: 'A duplicate: nothing was done.',
              content: jsonContent(acceptanceSchema),
            },
            ...problems(400, 401, 413, 415, 422, 503),
          },
        },
        get: {
          operationId: 'searchMessages',
          summary: 'Search messages, newest first.',
          requestParams: { query: messageQuerySchema },
          responses: {
            200: { description: 'A page of messages.', content: jsonContent(messagePageSchema) },
            ...problems(400, 401, 503),
          },
        },
      },
      '/v1/messages/batch': {
        post: {
          operationId: 'sendMessages',
          summary: 'Accept up to 1,000 messages, each with a result of its own.',
          requestParams: { header: ingestionHeaders },
          requestBody: {
            required: true,
            content: jsonContent(batchSchema.extend({ messages: z.array(messageSchema) })),
          },
          responses: {
            200: { description: 'A result for each.', content: jsonContent(batchResultSchema) },
            ...problems(400, 401, 413, 415),
          },
        },
      },
      '/v1/messages/{key}': {
        get: {
          operationId: 'getMessage',
          summary: 'The status of a message and each of its deliveries.',
          requestParams: { path: readKeyParameter, query: messageWaitSchema },
          responses: {
            200: { description: 'The message.', content: jsonContent(messageStateSchema) },
            ...problems(400, 401, 404, 503),
          },
        },
        delete: {
          operationId: 'cancelMessage',
          summary: 'Stop what has not been sent yet.',
          requestParams: { path: keyParameter, query: cancelQuerySchema },
          responses: {
            202: {
              description: 'What is not yet sent will not be.',
              content: jsonContent(decisionSchema),
            },
            ...problems(400, 401, 404, 409, 503),
          },
        },
      },
      '/v1/messages/{key}/timeline': {
        get: {
          operationId: 'getTimeline',
          summary:
            'Every step of a message, and an explanation; also for a key that no message has.',
          requestParams: { path: readKeyParameter },
          responses: {
            200: { description: 'What is known.', content: jsonContent(timelineSchema) },
            ...problems(400, 401, 503),
          },
        },
      },
      '/v1/messages/{key}/retry': {
        post: {
          operationId: 'retryMessage',
          summary: 'Send the dead letters of a message again.',
          requestParams: { path: keyParameter },
          requestBody: { content: jsonContent(retryBodySchema) },
          responses: {
            202: { description: 'It will be sent.', content: jsonContent(decisionSchema) },
            ...problems(400, 401, 404, 409, 503),
          },
        },
      },
      '/v1/messages/{key}/discard': {
        post: {
          operationId: 'discardMessage',
          summary: 'Give the dead letters of a message up.',
          requestParams: { path: keyParameter },
          requestBody: { required: true, content: jsonContent(discardBodySchema) },
          responses: {
            202: { description: 'It will not be sent.', content: jsonContent(decisionSchema) },
            ...problems(400, 401, 404, 409, 503),
          },
        },
      },
      '/v1/dead-letters': {
        get: {
          operationId: 'listDeadLetters',
          summary: 'Messages with a delivery that waits for a person, newest first.',
          requestParams: { query: deadLetterQuerySchema },
          responses: {
            200: { description: 'A page of messages.', content: jsonContent(messagePageSchema) },
            ...problems(400, 401, 503),
          },
        },
      },
      '/v1/dead-letters/summary': {
        get: {
          operationId: 'summariseDeadLetters',
          summary: 'How many dead letters there are, by destination and reason.',
          requestParams: { query: deadLetterSummaryQuerySchema },
          responses: {
            200: { description: 'The counts.', content: jsonContent(deadLetterSummarySchema) },
            ...problems(400, 401, 503),
          },
        },
      },
      '/v1/dead-letters/retry': {
        post: {
          operationId: 'retryDeadLetters',
          summary: 'Send all dead letters again that a filter finds.',
          requestBody: { required: true, content: jsonContent(bulkDecisionBodySchema) },
          responses: bulkDecisionResponses,
        },
      },
      '/v1/dead-letters/discard': {
        post: {
          operationId: 'discardDeadLetters',
          summary: 'Give all dead letters up that a filter finds.',
          requestBody: { required: true, content: jsonContent(bulkDecisionBodySchema) },
          responses: bulkDecisionResponses,
        },
      },
      '/v1/dead-letters/decisions/{id}': {
        get: {
          operationId: 'followBulkDecision',
          summary: 'How far such a decision has come.',
          requestParams: { path: z.object({ id: z.string() }) },
          responses: {
            200: { description: 'It.', content: jsonContent(bulkDecisionProgressSchema) },
            ...problems(401, 404, 503),
          },
        },
      },
      '/healthz': {
        get: {
          operationId: 'health',
          summary: 'The process lives.',
          security: [],
          responses: { 200: { description: 'It does.' } },
        },
      },
      '/readyz': {
        get: {
          operationId: 'readiness',
          summary: 'Temporal can be reached and a worker polls.',
          security: [],
          responses: {
            200: { description: 'Ready.' },
            503: { description: 'Not ready; `checks` says what is missing.' },
          },
        },
      },
      '/metrics': {
        get: {
          operationId: 'metrics',
          summary: 'Prometheus metrics.',
          responses: { 200: { description: 'Text in the Prometheus format.' } },
        },
      },
    },
    webhooks: {
      acknowledgement: {
        post: {
          operationId: 'acknowledge',
          summary: 'What became of a message, told to the URL that it asked for (`acknowledge`).',
          security: [],
          requestParams: { header: callbackHeaders },
          requestBody: { required: true, content: jsonContent(acknowledgementSchema) },
          responses: {
            '2XX': { description: 'Taken.' },
            410: { description: 'Not wanted any more.' },
            default: { description: 'Tried again later, except after most of 4xx.' },
          },
        },
      },
    },
  });
}
