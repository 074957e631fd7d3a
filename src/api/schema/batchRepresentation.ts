/** A batch that is started in the background, as the API shows it. */
import { z } from 'zod';
import { BATCH_OUTCOMES, BATCH_STATUSES } from '../../domain/batch.js';
import { deduplicationKeySchema, readableKeySchema } from '../../domain/message.js';
import { acceptanceSchema } from './acceptanceRepresentation.js';
import { timestamp, traceIdSchema } from './fields.js';
import { problemSchema } from './problem.js';

const count = (description: string, example: number) =>
  z.int().meta({ description, examples: [example] });

const countsSchema = z
  .object({
    queued: count('The number of messages that have not been started.', 940),
    accepted: count('The number of accepted messages.', 58),
    duplicate: count('The number of duplicates, which are not posted again.', 1),
    refused: count('The number of refused messages.', 1),
    cancelled: count('The number of messages that will not be started.', 0),
  })
  .meta({ id: 'BatchCounts', description: 'The number of messages of the batch by outcome.' });

const resultSchema = z
  .object({
    deduplicationKey: deduplicationKeySchema.optional().meta({
      description: 'The key of the message, if it has a valid one.',
      examples: ['pagerduty-55-triggered'],
    }),
    outcome: z.enum(BATCH_OUTCOMES).meta({
      description:
        'The outcome. `queued`: not started yet. `accepted`, `duplicate`, `refused`: as if the message was sent alone. `cancelled`: never started.',
      examples: ['accepted'],
    }),
    status: z
      .int()
      .optional()
      .meta({
        description:
          'The HTTP status that the message would have had by itself, if it was started or refused.',
        examples: [202],
      }),
    message: acceptanceSchema.optional(),
    problem: problemSchema.optional(),
  })
  .meta({ id: 'AsynchronousResult', description: 'The result for one message of the batch.' });

export const batchStateSchema = z
  .object({
    id: readableKeySchema.meta({
      description: 'The id of the batch: its key, or a hash of the key or of the messages.',
      examples: ['nightly-2026-11-23'],
    }),
    status: z.enum(BATCH_STATUSES).meta({
      description:
        'The status of the batch. `queued`: stored, and no message is started. `starting`: some are. `completed`: every message was accepted or refused. `cancelled`: a person stopped it. `incomplete`: its sender never sent all of it, and nothing was started.',
      examples: ['starting'],
    }),
    duplicate: z
      .boolean()
      .optional()
      .meta({
        description:
          'In the answer to a batch that is sent: true if the same batch was accepted before.',
        examples: [false],
      }),
    explanation: z.string().meta({
      description: 'The state of the batch, in plain words.',
      examples: [
        'Queued since 12:00:00 UTC: 1000 messages are stored, and none of them has been started.',
      ],
    }),
    total: count('The number of messages of the batch.', 1_000),
    counts: countsSchema,
    acceptedAt: timestamp.meta({
      description: 'The time at which the batch was stored.',
      examples: ['2026-11-23T12:00:00.000Z'],
    }),
    closedAt: timestamp.optional().meta({
      description: 'The time at which the last message was started, or the batch was cancelled.',
      examples: ['2026-11-23T12:00:20.000Z'],
    }),
    traceId: traceIdSchema,
    results: z
      .array(resultSchema)
      .optional()
      .meta({ description: 'One result for each message, in the order of the request.' }),
    links: z
      .object({
        self: z.string().meta({
          description: 'The path of the batch in this API.',
          examples: ['/v1/batches/nightly-2026-11-23'],
        }),
        messages: z.string().meta({
          description:
            'The path of the accepted messages of the batch, by their trace, in this API.',
          examples: ['/v1/messages?traceId=4bf92f3577b34da6a3ce929d0e0e4736'],
        }),
        page: z.string().meta({
          description: 'The path of the web page that shows the batch to people.',
          examples: ['/batches/nightly-2026-11-23'],
        }),
      })
      .meta({ id: 'BatchLinks', description: 'Paths for this batch at the host of the API.' }),
  })
  .meta({ id: 'BatchState', description: 'A batch whose messages are started in the background.' });
