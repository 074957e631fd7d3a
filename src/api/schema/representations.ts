/** The JSON that the API answers with: schemas that both document it and type the code that makes it. */
import { z } from 'zod';
import { DELIVERY_STATUSES, FAILURE_REASONS, MESSAGE_STATUSES } from '../../domain/delivery.js';
import { deduplicationKeySchema } from '../../domain/message.js';
import { problemSchema } from './problem.js';
import { destinationSchema } from '../../domain/destination.js';

export const timestamp = z.iso.datetime();
export const statusSchema = z.enum(MESSAGE_STATUSES).meta({ id: 'MessageStatus' });
export const deliveryStatusSchema = z.enum(DELIVERY_STATUSES).meta({ id: 'DeliveryStatus' });
export const reasonSchema = z.enum(FAILURE_REASONS).meta({ id: 'FailureReason' });
export const traceIdSchema = z.string().meta({ description: 'W3C trace id, 32 hex digits.' });

export const messageLinksSchema = z
  .object({
    self: z.string(),
    timeline: z.string(),
    page: z.string().meta({ description: 'For people.' }),
  })
  .meta({ id: 'MessageLinks', description: 'Relative to the address of the API.' });

export const acceptanceSchema = z
  .object({
    deduplicationKey: deduplicationKeySchema,
    status: statusSchema,
    duplicate: z
      .boolean()
      .meta({ description: 'True: the message was accepted before, and nothing was done.' }),
    traceId: traceIdSchema,
    explanation: z
      .string()
      .optional()
      .meta({ description: 'Of a duplicate: what became of the original.' }),
    links: messageLinksSchema,
  })
  .meta({ id: 'Acceptance' });

export const batchResultSchema = z
  .object({
    results: z.array(
      z.union([
        z.object({ status: z.union([z.literal(202), z.literal(200)]), message: acceptanceSchema }),
        z.object({ status: z.int(), problem: problemSchema }),
      ]),
    ),
  })
  .meta({
    id: 'BatchResult',
    description: 'A result for each message, in the order they were sent.',
  });

export const attemptFields = {
  number: z.int(),
  durationMs: z.number().optional(),
  outcome: z.enum(['delivered', 'transient', 'permanent', 'ambiguous']),
  reason: reasonSchema.optional(),
  httpStatus: z.int().optional(),
  platformCode: z.string().optional(),
  retryAfterMs: z.number().optional(),
  nextAttemptInMs: z.number().optional(),
  lookup: z.enum(['found', 'absent', 'refused']).optional(),
};
const attemptSchema = z
  .object({ ...attemptFields, startedAt: timestamp.optional() })
  .meta({ id: 'Attempt' });

export const receiptSchema = z
  .object({
    messageId: z.string().optional(),
    channel: z.string().optional(),
    url: z.string().optional(),
  })
  .meta({
    id: 'Receipt',
    description: 'The platform’s proof: Slack `ts` and permalink, Graph id and webUrl.',
  });

const deliverySchema = z
  .object({
    destination: destinationSchema,
    status: deliveryStatusSchema,
    attempts: z.array(attemptSchema),
    receipt: receiptSchema.optional(),
    reason: reasonSchema.optional(),
    detail: z.string().optional(),
    nextAttemptAt: timestamp.optional(),
    queuedSince: timestamp
      .optional()
      .meta({ description: 'While it waits for its turn in the queue of its account.' }),
    attemptSince: timestamp.optional().meta({ description: 'While an attempt is under way.' }),
    heldBack: z
      .string()
      .optional()
      .meta({ description: 'Why the queue of its account is held back, while it waits in it.' }),
    parkedAt: timestamp.optional().meta({ description: 'While it waits for a person.' }),
    fallbackFor: destinationSchema.optional().meta({
      description: 'Set for a fallback: the destination that it stands in for.',
    }),
  })
  .meta({ id: 'Delivery' });

const deadLetterSchema = z
  .object({
    destination: destinationSchema,
    reason: reasonSchema,
    detail: z.string(),
    at: timestamp,
  })
  .meta({ id: 'DeadLetter' });

export const messageSummarySchema = z
  .object({
    deduplicationKey: z.string(),
    status: statusSchema,
    destinations: z.array(z.string()),
    source: z.string().optional(),
    reference: z.string().optional(),
    traceId: traceIdSchema.optional(),
    acceptedAt: timestamp,
    closedAt: timestamp.optional(),
    deadLetters: z.array(deadLetterSchema),
  })
  .meta({ id: 'MessageSummary' });

export const messageStateSchema = messageSummarySchema
  .extend({
    explanation: z
      .string()
      .meta({ description: 'What became of it and why, and what to do: in plain words.' }),
    deliveries: z.array(deliverySchema),
    operatorActions: z.array(
      z.object({
        action: z.enum(['retry', 'discard', 'cancel']),
        at: timestamp,
        by: z.string().optional(),
        reason: z.string().optional(),
        destination: z.string().optional(),
      }),
    ),
    deliverAt: z.string().optional(),
    expiresAt: z.string().optional(),
    failure: z.string().optional(),
    links: messageLinksSchema,
  })
  .meta({ id: 'MessageState' });

export const messagePageSchema = z
  .object({
    messages: z.array(messageSummarySchema),
    cursor: z.string().optional().meta({ description: 'Give it back to get the next page.' }),
  })
  .meta({ id: 'MessagePage' });

export const decisionSchema = z
  .object({
    deduplicationKey: z.string(),
    action: z.enum(['retry', 'discard', 'cancel']),
    destinations: z
      .array(z.string())
      .meta({ description: 'The deliveries that it was asked for.' }),
    links: messageLinksSchema,
  })
  .meta({ id: 'Decision' });

const deadLetterCountFields = {
  count: z.int(),
  oldest: timestamp.meta({ description: 'Since when the one waits that waits longest.' }),
  newest: timestamp,
};
const deadLetterSummaryFields = {
  deadLetters: z.int().meta({ description: 'A message to several destinations may have several.' }),
  messages: z.int(),
  destinations: z.array(
    z.object({
      destination: destinationSchema,
      ...deadLetterCountFields,
      reasons: z.array(z.object({ reason: reasonSchema, ...deadLetterCountFields })),
    }),
  ),
};
const actionSchema = z.enum(['retry', 'discard']);

export const deadLetterSummarySchema = z
  .object(deadLetterSummaryFields)
  .meta({ id: 'DeadLetterSummary', description: 'The destination with the most first.' });

export const bulkDryRunSchema = z
  .object({ action: actionSchema, dryRun: z.literal(true), ...deadLetterSummaryFields })
  .meta({ id: 'BulkDryRun' });

export const bulkDecisionSchema = z
  .object({
    id: z.string(),
    action: actionSchema,
    dryRun: z.literal(false),
    ...deadLetterSummaryFields,
    links: z.object({ self: z.string().meta({ description: 'Where its progress is.' }) }),
  })
  .meta({ id: 'BulkDecision' });

export const bulkDecisionProgressSchema = z
  .object({
    id: z.string(),
    action: actionSchema,
    by: z.string(),
    reason: z.string(),
    requestedAt: timestamp,
    filter: z.object({ reason: reasonSchema.optional() }),
    done: z.boolean().meta({ description: 'Each dead letter has been told the decision.' }),
    decided: z.int().meta({
      description: 'Dead letters that were told it so far, but for the last of a worker that died.',
    }),
    destinations: z.array(
      z.object({
        destination: destinationSchema,
        decided: z.int(),
        finishedAt: timestamp.optional(),
      }),
    ),
  })
  .meta({ id: 'BulkDecisionProgress' });
