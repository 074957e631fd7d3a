/** Dead letters of many messages, and decisions on them, as the API answers with them. */
import { z } from 'zod';
import { destinationSchema } from '../../domain/destination.js';
import {
  namesField,
  claimedByField,
  deciderField,
  rationaleField,
  reasonSchema,
  timestamp,
} from './fields.js';

const deadLetterCountFields = {
  count: z.int().meta({ description: 'The number of dead letters in this group.', examples: [12] }),
  oldest: timestamp.meta({
    description: 'The time of the oldest dead letter in this group.',
    examples: ['2026-11-23T12:00:00.496Z'],
  }),
  newest: timestamp.meta({
    description: 'The time of the newest dead letter in this group.',
    examples: ['2026-11-23T12:20:00.118Z'],
  }),
};

const reasonCountSchema = z
  .object({ reason: reasonSchema, ...deadLetterCountFields })
  .meta({ id: 'ReasonCount', description: 'The dead letters of one destination and reason.' });

const destinationCountSchema = z
  .object({
    destination: destinationSchema,
    ...deadLetterCountFields,
    reasons: z
      .array(reasonCountSchema)
      .meta({ description: 'The dead letters of this destination, by reason.' }),
  })
  .meta({ id: 'DestinationCount', description: 'The dead letters of one destination.' });

const deadLetterSummaryFields = {
  deadLetters: z.int().meta({
    description: 'The number of dead letters. One message may have several.',
    examples: [12],
  }),
  messages: z.int().meta({
    description: 'The number of messages that have these dead letters.',
    examples: [12],
  }),
  destinations: z.array(destinationCountSchema).meta({
    description: 'The dead letters by destination. The destination with the most comes first.',
  }),
  names: namesField.optional(),
};

const actionSchema = z.enum(['retry', 'discard']).meta({
  id: 'BulkAction',
  description: 'The action that is taken on each dead letter.',
  examples: ['retry'],
});

const decisionIdField = z.string().meta({
  description: 'The id of the decision.',
  examples: ['3f0c2a3e-5d0b-4f0e-9a57-6d2f6f1f7d11'],
});

export const deadLetterSummarySchema = z.object(deadLetterSummaryFields).meta({
  id: 'DeadLetterSummary',
  description: 'The number of dead letters, by destination and reason.',
});

export const bulkDryRunSchema = z
  .object({
    action: actionSchema,
    dryRun: z.literal(true).meta({
      description: 'True: the dead letters were counted and nothing was changed.',
      examples: [true],
    }),
    ...deadLetterSummaryFields,
  })
  .meta({ id: 'BulkDryRun', description: 'The dead letters that a decision would apply to.' });

export const bulkDecisionSchema = z
  .object({
    id: decisionIdField,
    action: actionSchema,
    dryRun: z.literal(false).meta({
      description: 'False: the decision was accepted and is carried out.',
      examples: [false],
    }),
    ...deadLetterSummaryFields,
    pending: z.int().meta({
      description:
        'The number of destinations that have not accepted the decision yet. The API goes on sending it to them for a while. Send the request again with the id if the number stays above zero.',
      examples: [0],
    }),
    links: z
      .object({
        self: z.string().meta({
          description: 'The path of the progress of this decision in this API.',
          examples: ['/v1/dead-letters/decisions/3f0c2a3e-5d0b-4f0e-9a57-6d2f6f1f7d11'],
        }),
      })
      .meta({
        description:
          'Paths for this decision at the host of the API. They begin with the base path, if the API has one.',
      }),
  })
  .meta({ id: 'BulkDecision', description: 'A decision on many dead letters that was accepted.' });

const destinationProgressSchema = z
  .object({
    destination: destinationSchema,
    decided: z.int().meta({
      description: 'The number of dead letters of this destination that have the decision.',
      examples: [12],
    }),
    finishedAt: timestamp.optional().meta({
      description: 'The time at which the last dead letter of this destination had the decision.',
      examples: ['2026-11-23T12:31:00.000Z'],
    }),
  })
  .meta({ id: 'DestinationProgress', description: 'The progress for one destination.' });

export const bulkDecisionProgressSchema = z
  .object({
    id: decisionIdField,
    action: actionSchema,
    by: deciderField,
    claimedBy: claimedByField.optional(),
    reason: rationaleField,
    requestedAt: timestamp.meta({
      description: 'The time at which the decision was accepted.',
      examples: ['2026-11-23T12:30:00.000Z'],
    }),
    filter: z
      .object({ reason: reasonSchema.optional() })
      .meta({ description: 'The filter for the dead letters of each destination.' }),
    done: z.boolean().meta({
      description: 'True if every dead letter that the filter matches has the decision.',
      examples: [true],
    }),
    decided: z.int().meta({
      description:
        'The number of dead letters that have the decision. After the loss of a worker it may be too low by its last step.',
      examples: [12],
    }),
    pending: z.int().meta({
      description:
        'The number of destinations that have not accepted the decision yet. The API goes on sending it to them for a while. Send the request again with the id if the number stays above zero.',
      examples: [0],
    }),
    destinations: z
      .array(destinationProgressSchema)
      .meta({ description: 'The progress for each destination.' }),
  })
  .meta({ id: 'BulkDecisionProgress', description: 'The progress of a decision on dead letters.' });
