/** What the API answers to the request of a source. */
import { z } from 'zod';
import { routedMessageSchema } from './eventRepresentation.js';
import { messageSummarySchema } from './messageRepresentation.js';

const sourceMessageSchema = routedMessageSchema.omit({ links: true }).meta({
  id: 'SourceMessage',
  description:
    'The message of an event of a source at one route. `route` is absent if no route took it.',
});

export const sourceAcceptanceSchema = z
  .object({
    status: z.enum(['accepted', 'test', 'unusable']).meta({
      description:
        'The use that was made of the request. `accepted`: each event has its messages. `test`: the sender tests the connection, and nothing is posted. `unusable`: the request is authentic and cannot be read, and a message says so.',
      examples: ['accepted'],
    }),
    detail: z
      .string()
      .optional()
      .meta({
        description: 'The kind of test, or the reason why the request cannot be read.',
        examples: ['a test event of the webhook subscription'],
      }),
    messages: z.array(sourceMessageSchema).optional().meta({
      description:
        'The messages of all events of the request. The list is empty if nobody needs to see an event, and absent for a test.',
    }),
  })
  .meta({ id: 'SourceAcceptance', description: 'The result for one request of a source.' });

export const sourceQuerySchema = z.strictObject({
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'must be the cursor of an earlier answer')
    .optional()
    .meta({
      description: 'The `cursor` of the page before, to get the page that follows it.',
      examples: ['50'],
    }),
});

const OUTCOMES = [
  'accepted',
  'queued',
  'unusable',
  'test',
  'handshake',
  'refused',
  'failed',
  'late',
] as const;

const sourceRequestSchema = z
  .object({
    at: z.iso.datetime().meta({
      description: 'The time at which the request was answered.',
      examples: ['2026-11-23T12:00:00.000Z'],
    }),
    outcome: z.enum(OUTCOMES).meta({
      description:
        'The use that was made of the request. `queued`: the queue of `intake` has it. `unusable`: it is authentic and cannot be read, and a message says so. `refused`: it is not authentic, or too large. `failed` and `late`: the sender was asked to send it again.',
      examples: ['accepted'],
    }),
    status: z
      .int()
      .optional()
      .meta({ description: 'The HTTP status of the answer to the sender.', examples: [202] }),
    reason: z
      .string()
      .optional()
      .meta({
        description: 'The reason why the request was not accepted as it was meant.',
        examples: ['a test event of the webhook subscription'],
      }),
    messages: z.array(z.string()).meta({
      description: 'The keys of its messages, at most five.',
      examples: [['pagerduty:01DV8XKQZ3']],
    }),
    messageCount: z
      .int()
      .min(0)
      .meta({ description: 'The number of its messages.', examples: [1] }),
  })
  .meta({ id: 'SourceRequest', description: 'One request of a source, without its content.' });

const listedSourceSchema = z
  .object({
    name: z.string().meta({
      description: 'The name of the source in the configuration.',
      examples: ['pagerduty'],
    }),
    type: z.string().meta({ description: 'The type of the source.', examples: ['pagerduty'] }),
    url: z.string().meta({
      description: 'The address for the sender. A secret at its end is shown as `<token>`.',
      examples: ['https://sendproof.example.com/v1/sources/pagerduty'],
    }),
    authenticated: z.boolean().meta({
      description: 'False if anybody on the machine of the API can send as this source.',
      examples: [true],
    }),
    respondWithinMs: z.int().meta({
      description: 'The time within which its sender is answered, in milliseconds.',
      examples: [4_000],
    }),
    deduplicationWindowMs: z.int().meta({
      description: 'The time for which its keys are remembered, in milliseconds.',
      examples: [86_400_000],
    }),
    unroutable: z
      .array(z.string())
      .optional()
      .meta({
        description:
          'The destinations of what cannot be read or routed. Absent: those of the operators, else of the last route.',
        examples: [['slack:default/C0OPS']],
      }),
    messages: z
      .array(messageSummarySchema)
      .meta({ description: 'The newest messages of the source, at most three.' }),
    requests: z.array(sourceRequestSchema).meta({
      description:
        'The last requests that this API process has received, newest first, at most ten.',
    }),
    counts: z.partialRecord(z.enum(OUTCOMES), z.int()).meta({
      description: 'The number of requests of each outcome since this API process started.',
      examples: [{ accepted: 12, refused: 1 }],
    }),
  })
  .meta({ id: 'Source', description: 'A configured source, and what came from it last.' });

export const sourceListSchema = z
  .object({
    since: z.iso.datetime().meta({
      description:
        'The time at which this API process started. It knows no earlier request, and no request to another process.',
      examples: ['2026-11-23T08:00:00.000Z'],
    }),
    sources: z
      .array(listedSourceSchema)
      .meta({ description: 'The sources, in the order of the configuration.' }),
    cursor: z
      .string()
      .optional()
      .meta({
        description: 'The value for `cursor` of the next page. Absent on the last page.',
        examples: ['50'],
      }),
  })
  .meta({ id: 'SourceList', description: 'One page of the configured sources.' });
