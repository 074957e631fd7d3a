/** The queries and bodies that the API accepts, the message itself aside. */
import { z } from 'zod';
import { isCursor } from '../../store/search/cursor.js';
import { FAILURE_REASONS, MESSAGE_STATUSES } from '../../domain/delivery.js';
import {
  conversationSchema,
  deduplicationKeySchema,
  messageSchema,
  isWithinAYear,
  oneLine,
  referenceText,
  requestTimestamp,
  WITHIN_A_YEAR,
} from '../../domain/message.js';
import { durationUpTo } from '../../lib/duration.js';
import { isBlank, NOT_BLANK, withoutTerminalCodes } from '../../lib/text.js';
import { destinationSchema } from '../../domain/destination.js';
import { CURSOR_EXAMPLE, wholeNumber } from './fields.js';

const destinationFilter = destinationSchema.optional().meta({
  description: 'Only deliveries to this destination.',
  examples: ['slack:default/C0123ABC'],
});
const reasonFilter = z
  .enum(FAILURE_REASONS)
  .optional()
  .meta({ description: 'Only dead letters with this reason.', examples: ['not_authorised'] });

export const pageFields = {
  destination: destinationFilter,
  cursor: z
    .string()
    .refine(isCursor, { error: 'must be the cursor of an earlier answer' })
    .optional()
    .meta({
      description: 'The `cursor` of the page before, to get the page that follows it.',
      examples: [CURSOR_EXAMPLE],
    }),
  limit: wholeNumber({
    description: 'The largest number of messages on the page.',
    minimum: 1,
    maximum: 1_000,
    default: 100,
  }),
};

/** A filter in which nobody sees anything is a mistake of its sender. Says nothing of a value that has another fault. */
const notBlank = (text: z.ZodString): z.ZodString =>
  text
    .refine((given) => !isBlank(given), {
      error: 'must not be blank',
      when: ({ issues }) => issues.length === 0,
    })
    // Beside the pattern of one line.
    .meta({ allOf: [{ pattern: NOT_BLANK }] });

export const messageQuerySchema = z.strictObject({
  ...pageFields,
  source: notBlank(referenceText)
    .optional()
    .meta({
      description: 'Only messages with this `correlation.source`.',
      examples: ['pagerduty'],
    }),
  reference: notBlank(referenceText)
    .optional()
    .meta({
      description:
        'Only messages with this `correlation.reference`, and the other messages of their conversations, which may have no reference.',
      examples: ['Q1A2B3C4D5'],
    }),
  traceId: notBlank(referenceText)
    .optional()
    .meta({
      description: 'Only messages with this W3C trace id.',
      examples: ['4bf92f3577b34da6a3ce929d0e0e4736'],
    }),
  conversation: conversationSchema.shape.key.optional().meta({
    description: 'Only messages of the conversation with this key.',
    examples: ['pagerduty:PABC123'],
  }),
  status: z
    .enum(MESSAGE_STATUSES)
    .optional()
    .meta({ description: 'Only messages with this status.', examples: ['delivering'] }),
  since: requestTimestamp.optional().meta({
    description: 'Only messages that were accepted at this time or later.',
    examples: ['2026-11-23T00:00:00Z'],
  }),
  until: requestTimestamp.optional().meta({
    description: 'Only messages that were accepted before this time.',
    examples: ['2026-11-24T00:00:00Z'],
  }),
  q: notBlank(oneLine(z.string().trim()))
    .optional()
    .meta({
      description:
        'Words to search for: a source with a reference, the beginning of a key or a reference, the key of a conversation, a trace id, or a destination. What has the whole reference is found with the other messages of its conversation.',
      examples: ['PagerDuty 55'],
    }),
});

export const conversationPageSchema = z.strictObject({
  key: conversationSchema.shape.key,
  /** How many messages of the conversation come before those that are not shown. */
  before: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'must be a whole number from 1 to 9999')
    .transform(Number)
    .optional(),
});

/** Proxies and clients commonly give up a request after a minute. */
const LONGEST_WAIT = '60s';

export const messageWaitSchema = z.strictObject({
  wait: durationUpTo(LONGEST_WAIT).optional().meta({
    description:
      'The longest time to wait for a final status, or for a dead letter that needs a decision, before the API answers: a number with a unit, at most `60s`. Without this parameter, the API answers immediately.',
  }),
});

/** What people write is printed on terminals, and stored where NUL can't be. */
const decisionText = z
  .string()
  .overwrite(withoutTerminalCodes)
  .trim()
  .min(1, { error: 'must not be empty', abort: true })
  .max(1_000, 'must be at most 1,000 characters')
  .refine((text) => !isBlank(text), { error: 'must not be empty' })
  .meta({ pattern: NOT_BLANK });

const DECIDER = { description: 'The name of the person who decides.', examples: ['Ada Lovelace'] };
const RETRY_REASON = {
  description: 'The explanation of the decision.',
  examples: ['The bot has been invited to the channel.'],
};
const DISCARD_REASON = {
  description: 'The explanation of the decision.',
  examples: ['The incident is resolved.'],
};

export const deadLetterQuerySchema = z.strictObject({ ...pageFields, reason: reasonFilter });

const filterFields = { destination: destinationFilter, reason: reasonFilter };

export const deadLetterSummaryQuerySchema = z.strictObject(filterFields);

export const bulkDecisionBodySchema = z
  .strictObject({
    filter: z
      .strictObject({
        ...filterFields,
        at: requestTimestamp.optional().meta({
          description:
            'Only what became a dead letter at this time or before. With the newest time of a count, the decision leaves alone what came after the count. Without this field, or with a time in the future, the time of the decision.',
          examples: ['2026-11-23T12:20:00.118Z'],
        }),
      })
      .meta({
        description: 'The dead letters to decide on. An empty filter `{}` matches all of them.',
      }),
    by: decisionText.optional().meta({
      description:
        'The name of the person who decides. Required unless `dryRun` is true, or the caller has a named key, whose name is then recorded with this one beside it.',
      examples: DECIDER.examples,
    }),
    reason: decisionText.optional().meta({
      description: 'The explanation of the decision. Required unless `dryRun` is true.',
      examples: RETRY_REASON.examples,
    }),
    dryRun: z
      .boolean()
      .default(false)
      .meta({
        description: 'True counts the dead letters and changes nothing.',
        examples: [true],
      }),
    id: z
      .string()
      .trim()
      .min(1, 'must not be empty')
      .max(200)
      .optional()
      .meta({
        description:
          'The id of an earlier decision, to continue it where it did not reach all destinations. What has it already is not decided twice.',
        examples: ['3f0c2a3e-5d0b-4f0e-9a57-6d2f6f1f7d11'],
      }),
  })
  .meta({
    id: 'BulkDecisionRequest',
    description: 'A decision on many dead letters.',
    override: {
      anyOf: [
        {
          properties: {
            dryRun: { const: true, description: 'A count needs no name and no explanation.' },
          },
          required: ['dryRun'],
        },
        { required: ['by', 'reason'] },
      ],
    },
  });

export const retryBodySchema = z
  .strictObject({
    destination: destinationSchema.optional().meta({
      description:
        'The only destination to retry. Without this field, every dead letter of the message is retried.',
    }),
    by: decisionText.optional().meta(DECIDER),
    reason: decisionText.optional().meta(RETRY_REASON),
  })
  .meta({ id: 'RetryRequest', description: 'A decision to post dead letters again.' });

/** Discarding is final, so who and why are required. */
export const discardBodySchema = z
  .strictObject({
    destination: destinationSchema.optional().meta({
      description:
        'The only destination to discard. Without this field, every dead letter of the message is discarded.',
    }),
    by: decisionText.meta(DECIDER),
    reason: decisionText.meta(DISCARD_REASON),
  })
  .meta({ id: 'DiscardRequest', description: 'A decision to give dead letters up.' });

const newTime = requestTimestamp.nullable().optional();

export const rescheduleBodySchema = z
  .strictObject({
    deliverAt: newTime
      .refine((at) => at === undefined || at === null || isWithinAYear(at), {
        error: WITHIN_A_YEAR,
      })
      .meta({
        description: 'The new earliest time to post. Null means: immediately.',
        examples: ['2026-11-23T12:00:00Z'],
      }),
    expiresAt: newTime.meta({
      description: 'The new time after which the message is no longer posted. Null means: never.',
      examples: ['2026-11-23T18:00:00Z'],
    }),
    by: decisionText.optional().meta(DECIDER),
    reason: decisionText.optional().meta({
      description: 'The explanation of the decision.',
      examples: ['The maintenance begins later.'],
    }),
  })
  .refine(({ deliverAt, expiresAt }) => deliverAt !== undefined || expiresAt !== undefined, {
    error: 'must have deliverAt or expiresAt: a new time, or null for none',
  })
  .meta({
    id: 'RescheduleRequest',
    description: 'Other times for a message that has not begun.',
    override: { anyOf: [{ required: ['deliverAt'] }, { required: ['expiresAt'] }] },
  });

/** As query parameters, since many clients and proxies drop the body of a DELETE. */
export const cancelQuerySchema = z.strictObject({
  by: decisionText.optional().meta(DECIDER),
  reason: decisionText.optional().meta(DISCARD_REASON),
});

/** The same, or an erasure. */
export const deleteMessageQuerySchema = cancelQuerySchema.extend({
  erase: z
    .enum(['content', 'all'])
    .optional()
    .meta({
      description:
        'Erases a message that has ended, instead of cancelling one that hasn’t. `content`: what it says; its status, its attempts and the decisions on it stay. `all`: the message, as if it had never been sent. Needs the scope `admin`.',
      examples: ['all'],
    }),
});

const BATCH_LIMIT_MESSAGES = 1_000;

function batchOf<Message extends z.ZodType>(message: Message) {
  return z.strictObject({
    messages: z
      .array(message)
      .min(1, 'must hold at least one message')
      .max(BATCH_LIMIT_MESSAGES, `must hold at most ${BATCH_LIMIT_MESSAGES} messages`)
      .meta({ description: 'The messages, each of which is accepted or refused by itself.' }),
  });
}

/** What the API parses: a message that is not valid is refused alone. */
export const batchSchema = batchOf(z.unknown());

/** What a client should send. */
export const documentedBatchSchema = batchOf(messageSchema).meta({
  id: 'Batch',
  description: 'Up to 1,000 messages.',
});

/** The `Idempotency-Key` of a batch. */
export const batchKeySchema = z.object({ 'idempotency-key': deduplicationKeySchema.optional() });

/** Not strict: probes of load balancers may add words of their own. */
export const readinessQuerySchema = z.object({
  exclude: z
    .literal('worker')
    .optional()
    .meta({
      description:
        'The value `worker` makes a missing worker a warning: messages are accepted and kept without one. Use it for a load balancer, so that senders still reach the API.',
      examples: ['worker'],
    }),
});

export const batchQuerySchema = z.strictObject({
  results: z
    .enum(['all', 'refused', 'none'])
    .default('all')
    .meta({
      description:
        'The results in the answer: all, those of refused messages, or none. Use `none` to follow the progress.',
      examples: ['none'],
    }),
});
