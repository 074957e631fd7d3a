/** What the API answers to an event. */
import { z } from 'zod';
import { eventSchema } from '../../domain/event.js';
import { deduplicationKeySchema } from '../../domain/message.js';
import { messageLinksSchema, statusSchema, traceIdSchema } from './fields.js';
import { problemSchema } from './problem.js';

/** The body as it may come: with the key in the header instead. */
export const eventBodySchema = eventSchema.partial({ key: true }).meta({
  id: 'EventBody',
  description:
    'Something that happened in a source. `key` is required here or in the header `Idempotency-Key`.',
});

export const eventQuerySchema = z.strictObject({
  explain: z
    .enum(['true', 'false'])
    .default('false')
    .meta({
      description: 'Whether the answer says of each route whether it takes the event, and why not.',
      examples: ['true'],
    }),
});

const routeName = z.string().meta({
  description: 'The name of the route in the configuration.',
  examples: ['database-critical'],
});

export const routedMessageSchema = z
  .object({
    deduplicationKey: deduplicationKeySchema,
    route: routeName.optional(),
    duplicate: z.boolean().meta({
      description:
        'True if the event came before. The API then changes and posts nothing at this route.',
      examples: [false],
    }),
    status: statusSchema,
    templateFailure: z
      .string()
      .optional()
      .meta({
        description:
          'The reason why the template of the route could not show the event. Present if the message has the default content instead.',
        examples: ['too_much_work'],
      }),
    links: messageLinksSchema,
  })
  .meta({
    id: 'RoutedMessage',
    description: 'The message of an event at one route. `route` is absent if no route took it.',
  });

const routeChoiceSchema = z
  .object({
    route: routeName,
    takes: z
      .boolean()
      .meta({ description: 'Whether the route takes the event.', examples: [false] }),
    reason: z
      .string()
      .optional()
      .meta({
        description: 'The reason why the route does not take the event.',
        examples: ['severity is not critical'],
      }),
  })
  .meta({ id: 'RouteChoice', description: 'The answer of one route to an event.' });

export const eventAcceptanceSchema = z
  .object({
    status: z.enum(['accepted', 'duplicate', 'queued']).meta({
      description:
        '`duplicate` if the event came before at each of its routes. `queued` if it is in the queue of `intake`: its messages are not known yet.',
      examples: ['accepted'],
    }),
    key: eventSchema.shape.key,
    traceId: traceIdSchema,
    messages: z.array(routedMessageSchema).meta({
      description: 'The messages of the event, one for each route that takes it.',
    }),
    routes: z.array(routeChoiceSchema).optional().meta({
      description:
        'The routes in their order, up to the last that was tried. Present with `explain=true`.',
    }),
  })
  .meta({ id: 'EventAcceptance', description: 'The result for one event that was sent.' });

const BATCH_LIMIT_EVENTS = 1_000;

function batchOf<Event extends z.ZodType>(event: Event) {
  return z.strictObject({
    events: z
      .array(event)
      .min(1, 'must hold at least one event')
      .max(BATCH_LIMIT_EVENTS, `must hold at most ${BATCH_LIMIT_EVENTS} events`)
      .meta({ description: 'The events, each of which is accepted or refused by itself.' }),
  });
}

/** What the API parses: an event that is not valid is refused alone. */
export const eventBatchSchema = batchOf(z.unknown());

/** What a client should send. */
export const documentedEventBatchSchema = batchOf(eventSchema).meta({
  id: 'EventBatch',
  description: 'Up to 1,000 events.',
});

export const eventBatchResultSchema = z
  .object({
    results: z
      .array(
        z.union([
          z.object({
            status: z.union([z.literal(202), z.literal(200)]).meta({
              description: 'The HTTP status of this event: 202 if accepted, 200 if a duplicate.',
              examples: [202],
            }),
            event: eventAcceptanceSchema,
          }),
          z.object({
            status: z.int().meta({
              description: 'The HTTP status that this event would have had by itself.',
              examples: [400],
            }),
            problem: problemSchema,
          }),
        ]),
      )
      .meta({ description: 'One result for each event, in the order of the request.' }),
  })
  .meta({ id: 'EventBatchResult', description: 'The results of a batch of events.' });
