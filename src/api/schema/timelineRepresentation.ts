/** The JSON of a timeline. */
import { z } from 'zod';
import { ACKNOWLEDGEMENT_EVENTS } from '../../domain/acknowledgement.js';
import {
  claimedByField,
  deciderField,
  erasureCause,
  detailField,
  messageLinksSchema,
  namesField,
  rationaleField,
  reasonSchema,
  referenceField,
  sourceField,
  statusSchema,
  timestamp,
  traceIdSchema,
  newTimes,
} from './fields.js';
import { attemptFields, receiptSchema } from './messageRepresentation.js';

const at = timestamp.meta({
  description: 'The time of this step. It may be in the future.',
  examples: ['2026-11-23T12:00:00.312Z'],
});
const destination = z.string().meta({
  description: 'The destination that this step is about.',
  examples: ['slack:default/C0123ABC'],
});
const conversationMessage = z.string().meta({
  description: 'The key of the other message.',
  examples: ['pagerduty-55-resolved'],
});
const attemptNumber = attemptFields.number;

/** One step. The `kind` and its description identify it; all steps have a time. */
function step<Kind extends string, Fields extends z.core.$ZodLooseShape>(
  kind: Kind,
  description: string,
  fields: Fields,
) {
  return z
    .object({
      kind: z.literal(kind).meta({ description: 'The kind of this step.', examples: [kind] }),
      at,
      ...fields,
    })
    .meta({ description });
}

const person = {
  by: deciderField.optional(),
  claimedBy: claimedByField.optional(),
  reason: rationaleField.optional(),
  destination: destination.optional(),
};
const unconfirmed = {
  destination,
  reason: reasonSchema.optional(),
  detail: detailField.optional(),
};

const acknowledgementFields = {
  workflowId: z.string().meta({
    description: 'The id of the Temporal workflow that sends the acknowledgement.',
    examples: ['sendproof/ack/0d5c6f7a-8b1e-4c39-9f0d-2a4b6c8d0e1f'],
  }),
  event: z.enum(ACKNOWLEDGEMENT_EVENTS).meta({
    description: 'The event that is acknowledged.',
    examples: ['message.confirmed'],
  }),
  via: z.enum(['callback', 'pagerduty_note', 'event']).meta({
    description:
      'The way in which the recipient is notified. `event`: a CloudEvent in a Kafka topic or an SQS queue.',
    examples: ['callback'],
  }),
  recipient: z.string().meta({
    description:
      'The host of the callback, the PagerDuty incident, or the name of the target of `events`.',
    examples: ['hooks.example.com'],
  }),
  status: z.enum(['pending', 'delivered', 'failed', 'forgotten']).meta({
    description:
      'The status of the acknowledgement. `forgotten`: its retention in Temporal has ended.',
    examples: ['delivered'],
  }),
  attempts: z.int().meta({ description: 'The number of attempts so far.', examples: [1] }),
  closedAt: timestamp.optional().meta({
    description: 'The time at which the acknowledgement was delivered or failed.',
    examples: ['2026-11-23T12:00:01.500Z'],
  }),
  nextAttemptAt: timestamp.optional().meta({
    description: 'The time of the next attempt. Present while the acknowledgement waits for it.',
    examples: ['2026-11-23T12:00:06.500Z'],
  }),
  lastError: z
    .string()
    .optional()
    .meta({
      description: 'The error of the last failed attempt.',
      examples: ['hooks.example.com answered 503'],
    }),
};

const entrySchema = z
  .discriminatedUnion('kind', [
    step('received', 'The API accepted the message.', {
      destinations: z.array(destination).meta({
        description: 'The destinations of the message, fallbacks included.',
        examples: [['slack:default/C0123ABC']],
      }),
      source: sourceField.optional(),
      reference: referenceField.optional(),
      traceId: traceIdSchema.optional(),
    }),
    step('deliver_at', 'The message is not posted before this time.', {}),
    step('queued', 'The delivery joined the queue of its account.', {
      destination,
      fallbackFor: z
        .string()
        .optional()
        .meta({
          description: 'The destination that this fallback replaces.',
          examples: ['teams-webhook:default/incidents'],
        }),
    }),
    step('attempt', 'An attempt ended.', { destination, ...attemptFields }),
    step('attempt_under_way', 'An attempt is in progress.', {
      destination,
      number: attemptNumber,
    }),
    step('next_attempt', 'The next attempt is scheduled.', { destination, number: attemptNumber }),
    step('confirmed', 'The platform confirmed the post.', { destination, receipt: receiptSchema }),
    step('awaiting_turn', 'Another message of the same conversation goes first.', {
      destination,
      message: conversationMessage,
    }),
    step('superseded', 'A newer message of the same conversation is shown instead.', {
      destination,
      message: conversationMessage,
    }),
    step('dead_lettered', 'The delivery failed and needs a decision.', unconfirmed),
    step('expired', 'The delivery was not confirmed before `expiresAt`.', unconfirmed),
    step('retry', 'A person had dead letters posted again.', person),
    step('discard', 'A person gave dead letters up.', person),
    step('cancel', 'A person stopped the message.', person),
    step('reschedule', 'A person gave the message other times.', { ...person, ...newTimes }),
    step('erase', 'The content of the message was erased.', {
      because: erasureCause,
      by: deciderField.optional(),
      claimedBy: claimedByField.optional(),
      reason: rationaleField.optional(),
    }),
    step('acknowledgement', 'The source was notified of an event.', acknowledgementFields),
    step('ended', 'The message reached its final status.', {
      status: statusSchema,
      failure: z
        .string()
        .optional()
        .meta({
          description: 'The failure that the workflow ended with.',
          examples: ['Discarded by Ada Lovelace: the incident is resolved'],
        }),
    }),
  ])
  .meta({ id: 'TimelineEntry', description: 'One step in the life of a message.' });

export const timelineSchema = z
  .object({
    deduplicationKey: z.string().meta({
      description: 'The key that was asked for.',
      examples: ['pagerduty-55-triggered'],
    }),
    known: z.boolean().meta({
      description: 'False if no message has this key.',
      examples: [true],
    }),
    status: statusSchema.optional(),
    explanation: z.string().meta({
      description: 'The status, its cause and the next step, in plain words.',
      examples: ['Confirmed at 12:00:01 by every destination.'],
    }),
    names: namesField.optional(),
    entries: z.array(entrySchema).meta({
      description: 'The steps, oldest first. `next_attempt` and `deliver_at` may be in the future.',
    }),
    similarKeys: z
      .array(z.string())
      .optional()
      .meta({
        description: 'Keys of messages that resemble this key. Present if no message has it.',
        examples: [['pagerduty-55-resolved']],
      }),
    links: messageLinksSchema,
  })
  .meta({ id: 'Timeline', description: 'Every step of a message, with an explanation.' });
