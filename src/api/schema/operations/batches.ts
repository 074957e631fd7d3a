/** The operations on batches that are started in the background. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { readableKeySchema } from '../../../domain/message.js';
import { batchStateSchema } from '../batchRepresentation.js';
import { jsonContent, problemExample, problems } from '../bodies.js';
import { KEY, LINKS, TRACE_ID } from '../examples.js';
import { batchQuerySchema, cancelQuerySchema } from '../requests.js';

const ID = 'nightly-2026-11-23';

export const QUEUED_BATCH = {
  id: ID,
  status: 'queued',
  explanation:
    'Queued since 12:00:00 UTC: 1000 messages are stored, and none of them has been started.',
  total: 1_000,
  counts: { queued: 1_000, accepted: 0, duplicate: 0, refused: 0, cancelled: 0 },
  acceptedAt: '2026-11-23T12:00:00.000Z',
  traceId: TRACE_ID,
  links: {
    self: `/v1/batches/${ID}`,
    messages: `/v1/messages?traceId=${TRACE_ID}`,
    page: `/batches/${ID}`,
  },
} as const;

const COMPLETED_BATCH = {
  ...QUEUED_BATCH,
  status: 'completed',
  explanation:
    'Completed at 12:00:01 UTC: 1 accepted and 1 refused. Each accepted message has a status of its own.',
  total: 2,
  counts: { queued: 0, accepted: 1, duplicate: 0, refused: 1, cancelled: 0 },
  closedAt: '2026-11-23T12:00:01.000Z',
  results: [
    {
      deduplicationKey: KEY,
      outcome: 'accepted',
      status: 202,
      message: {
        deduplicationKey: KEY,
        status: 'accepted',
        duplicate: false,
        traceId: TRACE_ID,
        links: LINKS,
      },
    },
    {
      outcome: 'refused',
      status: 400,
      problem: problemExample({
        type: 'invalid_request',
        detail: 'content.text: must not be empty',
        errors: [{ field: 'content.text', detail: 'must not be empty' }],
      }),
    },
  ],
} satisfies z.input<typeof batchStateSchema>;

const idParameter = z.object({
  id: readableKeySchema.meta({ description: 'The id of the batch.', examples: [ID] }),
});

const UNKNOWN = {
  404: {
    description: 'No batch with this id is known.',
    example: {
      type: 'not_found',
      detail: `No batch with the id "${ID}" is known: it was never accepted, or its retention has ended.`,
    },
  },
} as const;

export const getBatch: ZodOpenApiOperationObject = {
  operationId: 'getBatch',
  tags: ['Messages'],
  summary: 'Returns the progress of a batch and the result for each of its messages.',
  description:
    'A batch is completed when each of its messages was started or refused. From then on each message has a status of its own.',
  requestParams: { path: idParameter, query: batchQuerySchema },
  responses: {
    200: {
      description: 'The body is the batch in its present state.',
      content: jsonContent(batchStateSchema, {
        completed: {
          summary: 'One message is accepted and one is refused.',
          value: COMPLETED_BATCH,
        },
      }),
    },
    ...problems([400, 401, 404, 503], UNKNOWN),
  },
};

export const cancelBatch: ZodOpenApiOperationObject = {
  operationId: 'cancelBatch',
  tags: ['Messages'],
  summary: 'Stops a batch: messages that are still queued are not started.',
  description:
    'Up to 50 messages whose start has begun are still started, unless Temporal refuses them. Messages that were started are not cancelled.',
  requestParams: { path: idParameter, query: cancelQuerySchema },
  responses: {
    202: {
      description: 'The cancellation is requested. The body is the batch in its present state.',
      content: jsonContent(batchStateSchema, {
        cancelled: {
          summary: 'Nothing was started.',
          value: {
            ...QUEUED_BATCH,
            status: 'cancelled',
            explanation: 'Cancelled at 12:00:01 UTC: 0 accepted. 1000 messages are never started.',
            counts: { queued: 0, accepted: 0, duplicate: 0, refused: 0, cancelled: 1_000 },
            closedAt: '2026-11-23T12:00:01.000Z',
          },
        },
      }),
    },
    ...problems([400, 401, 404, 409, 415, 503], {
      ...UNKNOWN,
      409: {
        description: 'The batch has ended.',
        example: {
          type: 'nothing_to_cancel',
          detail:
            'The batch is completed since 2026-11-23T12:00:01.000Z: no message of it waits to be started. Cancel its messages one by one.',
        },
      },
    }),
  },
};
