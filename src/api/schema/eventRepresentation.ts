/** What the API answers to an event. */
import { z } from 'zod';
import { eventSchema } from '../../domain/event.js';
import { deduplicationKeySchema } from '../../domain/message.js';
import { messageLinksSchema, statusSchema, traceIdSchema } from './fields.js';

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
    status: z.enum(['accepted', 'duplicate']).meta({
      description: '`duplicate` if the event came before at each of its routes.',
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
