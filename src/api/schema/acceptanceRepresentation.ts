/** What the API answers to a message that is sent to it. */
import { z } from 'zod';
import { deduplicationKeySchema } from '../../domain/message.js';
import {
  messageLinksSchema,
  queuedSchema,
  statusSchema,
  timestamp,
  traceIdSchema,
} from './fields.js';
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
    expectedAt: timestamp.optional().meta({
      description:
        'The estimated time at which the message is posted, from the queues of its accounts as they were some seconds ago at most: how many deliveries wait, and how fast the account delivers. Absent for duplicates, where it is not known, and where the message expires earlier.',
      examples: ['2026-11-23T12:04:30.000Z'],
    }),
    heldBack: z
      .string()
      .optional()
      .meta({
        description:
          'The reason why the queue of one of its accounts is held back. The message is posted when the account works again. Absent for a message with a later `deliverAt`.',
        examples: ['Slack rejects the token of the account slack:default.'],
      }),
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
