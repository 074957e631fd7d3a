/** The JSON of a timeline. */
import { z } from 'zod';
import { ACKNOWLEDGEMENT_EVENTS } from '../../domain/acknowledgement.js';
import {
  messageLinksSchema,
  receiptSchema,
  reasonSchema,
  statusSchema,
  attemptFields,
  timestamp,
} from './representations.js';

const at = timestamp;
const destination = z.string();
const person = {
  at,
  by: z.string().optional(),
  reason: z.string().optional(),
  destination: destination.optional(),
};
const unconfirmed = {
  at,
  destination,
  reason: reasonSchema.optional(),
  detail: z.string().optional(),
};

const entrySchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('received'),
      at,
      destinations: z.array(destination),
      source: z.string().optional(),
      reference: z.string().optional(),
      traceId: z.string().optional(),
    }),
    z.object({ kind: z.literal('deliver_at'), at }),
    z.object({
      kind: z.literal('queued'),
      at,
      destination,
      fallbackFor: destination.optional(),
    }),
    z.object({ kind: z.literal('attempt'), at, destination, ...attemptFields }),
    z.object({ kind: z.literal('attempt_under_way'), at, destination, number: z.int() }),
    z.object({ kind: z.literal('next_attempt'), at, destination, number: z.int() }),
    z.object({ kind: z.literal('confirmed'), at, destination, receipt: receiptSchema }),
    z.object({ kind: z.literal('dead_lettered'), ...unconfirmed }),
    z.object({ kind: z.literal('expired'), ...unconfirmed }),
    z.object({ kind: z.literal('retry'), ...person }),
    z.object({ kind: z.literal('discard'), ...person }),
    z.object({ kind: z.literal('cancel'), ...person }),
    z.object({
      kind: z.literal('acknowledgement'),
      at,
      workflowId: z.string(),
      event: z.enum(ACKNOWLEDGEMENT_EVENTS),
      via: z.enum(['callback', 'pagerduty_note']),
      recipient: z.string(),
      status: z.enum(['pending', 'delivered', 'failed', 'forgotten']),
      attempts: z.int(),
      closedAt: timestamp.optional(),
      nextAttemptAt: timestamp.optional(),
      lastError: z.string().optional(),
    }),
    z.object({
      kind: z.literal('ended'),
      at,
      status: statusSchema,
      failure: z.string().optional(),
    }),
  ])
  .meta({ id: 'TimelineEntry' });

export const timelineSchema = z
  .object({
    deduplicationKey: z.string(),
    known: z.boolean().meta({ description: 'False: no message has this key.' }),
    status: statusSchema.optional(),
    explanation: z.string().meta({ description: 'What became of it and why, and what to do.' }),
    entries: z.array(entrySchema).meta({
      description: 'The oldest first. `next_attempt` and `deliver_at` may be still to come.',
    }),
    similarKeys: z
      .array(z.string())
      .optional()
      .meta({ description: 'For a key that no message has.' }),
    links: messageLinksSchema,
  })
  .meta({ id: 'Timeline' });
