/** What the API answers to a message that is sent to it. */
import { z } from 'zod';
import { deduplicationKeySchema } from '../../domain/message.js';
import { messageLinksSchema, queuedSchema, statusSchema, traceIdSchema } from './fields.js';
import { problemSchema } from './problem.js';

export const acceptanceSchema = z
  .object({
    deduplicationKey: deduplicationKeySchema,
    status: z.union([statusSchema, queuedSchema]).meta({
      description:
        'The status of the message. `queued`: it is in the queue of `intake`, and a consumer accepts it later.',
      examples: ['accepted'],
    }),
    duplicate: z.boolean().meta({
      description:
        'True if the same message was accepted before. The API then changes and posts nothing.',
      examples: [false],
    }),
    traceId: traceIdSchema,
    ignored: z
      .array(z.string())
      .optional()
      .meta({
        description:
          'The fields in which this duplicate differs from the original message. The original’s values apply.',
        examples: [['deliverAt']],
      }),
    explanation: z
      .string()
      .optional()
      .meta({
        description: 'The outcome of the original message, in plain words, if this is a duplicate.',
        examples: ['The original was accepted at 12:00:00 and confirmed at 12:00:01.'],
      }),
    links: messageLinksSchema,
  })
  .meta({ id: 'Acceptance', description: 'The result for one message that was sent.' });

export const batchResultSchema = z
  .object({
    results: z
      .array(
        z.union([
          z.object({
            status: z.union([z.literal(202), z.literal(200)]).meta({
              description: 'The HTTP status of this message: 202 if accepted, 200 if a duplicate.',
              examples: [202],
            }),
            message: acceptanceSchema,
          }),
          z.object({
            status: z.int().meta({
              description: 'The HTTP status that this message would have had by itself.',
              examples: [400],
            }),
            problem: problemSchema,
          }),
        ]),
      )
      .meta({ description: 'One result for each message, in the order of the request.' }),
  })
  .meta({ id: 'BatchResult', description: 'The results of a batch.' });
