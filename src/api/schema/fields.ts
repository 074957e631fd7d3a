/** Fields that several of the API's bodies and queries have. */
import { z } from 'zod';
import { DELIVERY_STATUSES, FAILURE_REASONS, MESSAGE_STATUSES } from '../../domain/delivery.js';
import { parseWholeNumber } from '../../lib/wholeNumber.js';

/** A time that the API answers with. */
export const timestamp = z.iso.datetime();

/** A cursor has a time and a run id, in base64url. */
export const CURSOR_EXAMPLE = Buffer.from(
  '2026-11-23T12:00:00.000000000Z 0a1b2c3d-0000-4000-8000-000000000001',
).toString('base64url');

export const statusSchema = z.enum(MESSAGE_STATUSES).meta({
  id: 'MessageStatus',
  description:
    'The status of a message. `accepted`: Temporal has stored it and no worker has started it. `delivering`: a delivery is in progress. `confirmed`: every destination shows it. `dead_lettered`: a delivery needs a decision. `discarded`: a person gave it up. `expired`: it was not confirmed before `expiresAt`. `cancelled`: a person stopped it. `muted`: its route posts nothing at this time. `grouped`: the message of a group shows it. `superseded`: a newer message of its conversation is shown instead.',
  examples: ['confirmed'],
});

export const queuedSchema = z.literal('queued').meta({
  description:
    'The message is in the queue of `intake`, and is not accepted yet: a consumer of the queue does that.',
  examples: ['queued'],
});

export const deliveryStatusSchema = z.enum(DELIVERY_STATUSES).meta({
  id: 'DeliveryStatus',
  description:
    'The status of one delivery: a status of messages, or `standby` for a fallback that is not used.',
  examples: ['confirmed'],
});

export const reasonSchema = z.enum(FAILURE_REASONS).meta({
  id: 'FailureReason',
  description: 'The reason of a failure, from one closed list.',
  examples: ['not_authorised'],
});

export const traceIdSchema = z.string().meta({
  description: 'The W3C trace id of the message, as 32 hexadecimal digits.',
  examples: ['4bf92f3577b34da6a3ce929d0e0e4736'],
});

/** The parts of `correlation` by which messages are found. */
export const sourceField = z.string().meta({
  description: 'The source system of the message, from `correlation.source`.',
  examples: ['pagerduty'],
});
export const referenceField = z.string().meta({
  description: 'The id of the event in the source system, from `correlation.reference`.',
  examples: ['Q1A2B3C4D5'],
});

export const namesField = z.record(z.string(), z.string()).meta({
  description:
    'The names that people have for destinations of the message, from `names` of the configuration. Present if one of them has a name.',
  examples: [{ 'slack:default/C0123ABC': 'Payments team' }],
});

/** Who decided and why, as the API answers with it. */
export const claimedByField = z.string().meta({
  description:
    'The name that the request gave, if it is another one than that of the key or person in `by`. Nobody has checked it.',
  examples: ['Ada Lovelace'],
});
export const deciderField = z.string().meta({
  description:
    'The name of the person who decided. Of a request with a named key, it is the name of the key.',
  examples: ['Ada Lovelace'],
});
export const rationaleField = z.string().meta({
  description: 'The person’s explanation of the decision.',
  examples: ['The bot has been invited to the channel.'],
});

/** Why content is erased. */
export const erasureCause = z.enum(['retention', 'person']).meta({
  description: '`retention`: its retention has ended. `person`: a person erased it before.',
  examples: ['retention'],
});

/** The times that a `reschedule` changed. */
export const newTimes = {
  deliverAt: z
    .string()
    .nullable()
    .optional()
    .meta({
      description: 'The new earliest time to post, or null for none, if this time was changed.',
      examples: ['2026-11-23T12:00:00Z'],
    }),
  expiresAt: z
    .string()
    .nullable()
    .optional()
    .meta({
      description: 'The new time of expiry, or null for none, if this time was changed.',
      examples: ['2026-11-23T18:00:00Z'],
    }),
};

export const detailField = z.string().meta({
  description: 'The reason of the failure, in plain words.',
  examples: ['Slack answered not_in_channel: invite the bot to the channel.'],
});

export const messageLinksSchema = z
  .object({
    self: z.string().meta({
      description: 'The path of the message in this API.',
      examples: ['/v1/messages/pagerduty-55-triggered'],
    }),
    timeline: z.string().meta({
      description: 'The path of the timeline of the message in this API.',
      examples: ['/v1/messages/pagerduty-55-triggered/timeline'],
    }),
    page: z.string().meta({
      description: 'The path of the web page that shows the message to people.',
      examples: ['/messages/pagerduty-55-triggered'],
    }),
  })
  .meta({
    id: 'MessageLinks',
    description:
      'Paths for this message at the host of the API. They begin with the base path, if the API has one.',
  });

interface WholeNumber {
  description: string;
  minimum: number;
  maximum: number;
  default: number;
}

/**
 * A whole number in a query, in digits alone: `0x10`, `1e2`, `+5` and ` 5` would be numbers to JavaScript, but are typing errors
 * in an address. The document has it as an integer, which clients write in this form.
 */
export function wholeNumber({ description, ...limits }: WholeNumber) {
  const { minimum, maximum } = limits;
  const error = `must be a whole number from ${minimum} to ${maximum}, in digits alone`;
  return z
    .string({ error })
    .transform((text, context) => {
      const value = parseWholeNumber(text);
      if (value !== undefined && value >= minimum && value <= maximum) return value;
      context.addIssue(error);
      return z.NEVER;
    })
    .default(limits.default)
    .meta({
      description,
      override: { type: 'integer', ...limits, examples: [limits.default] },
    });
}
