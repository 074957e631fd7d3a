/** What the API answers about itself. */
import { z } from 'zod';

export const livenessSchema = z
  .object({
    status: z.literal('ok').meta({ description: 'The value is always `ok`.', examples: ['ok'] }),
  })
  .meta({ id: 'Liveness', description: 'The process is running.' });

export const readinessSchema = z
  .object({
    status: z.enum(['ready', 'not ready']).meta({
      description:
        'The value `ready` means that messages are accepted and delivered. With `intake` it means that the queue takes them.',
      examples: ['ready'],
    }),
    checks: z
      .object({
        temporal: z
          .boolean()
          .meta({ description: 'True if Temporal answered the API.', examples: [true] }),
        writes: z.boolean().meta({
          description:
            'True if Temporal accepts writes: it accepted a message or a write of the API’s own within the last 15 seconds, or when that was last tried.',
          examples: [true],
        }),
        worker: z
          .boolean()
          .meta({ description: 'True if a worker polls for messages.', examples: [true] }),
        namespace: z.boolean().meta({
          description:
            'True if the Temporal namespace exists, keeps messages long enough and has all search attributes.',
          examples: [true],
        }),
        intake: z
          .boolean()
          .optional()
          .meta({
            description:
              'True if the queue of `intake` takes messages. Absent where no `intake` is configured.',
            examples: [true],
          }),
      })
      .meta({ description: 'The result of each check.' }),
    reasons: z.array(z.string()).meta({
      description:
        'The reasons why the API is not ready, each with the remedy. The list is empty if it is ready.',
      examples: [['No worker polls. Start one: npm run worker.']],
    }),
    warnings: z.array(z.string()).meta({
      description:
        'The faults that need attention although messages are accepted, for example a changed configuration file that cannot be used.',
      examples: [[]],
    }),
    queues: z
      .array(
        z.object({
          name: z.string().meta({
            description: 'The name of the queue in the configuration.',
            examples: ['main'],
          }),
          consumed: z.boolean().meta({
            description: 'False while nothing is taken from the queue; `warnings` says why.',
            examples: [true],
          }),
          lag: z
            .int()
            .min(0)
            .optional()
            .meta({
              description: 'The number of records that are not settled. Absent if it is not known.',
              examples: [0],
            }),
        }),
      )
      .optional()
      .meta({
        description:
          'The queues that this process consumes. Absent if it consumes none, as where `npm run ingest` does.',
      }),
  })
  .meta({ id: 'Readiness', description: 'The state of what the API needs to work.' });
