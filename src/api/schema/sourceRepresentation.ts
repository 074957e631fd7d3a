/** What the API answers to the request of a source. */
import { z } from 'zod';
import { routedMessageSchema } from './eventRepresentation.js';

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
