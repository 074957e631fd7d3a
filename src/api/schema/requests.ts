import { z } from 'zod';
import { isCursor } from '../../store/search/messageSearch.js';
import { MESSAGE_STATUSES, FAILURE_REASONS } from '../../domain/delivery.js';
import { durationMs } from '../../lib/duration.js';
import { destinationSchema } from '../../domain/destination.js';

const timestamp = z.iso.datetime({
  offset: true,
  error: 'must be a time as 2026-11-23T12:00:00Z',
});

export const pageFields = {
  destination: destinationSchema.optional(),
  cursor: z
    .string()
    .refine(isCursor, { error: 'must be the cursor of an earlier answer' })
    .optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
};

export const messageQuerySchema = z.strictObject({
  ...pageFields,
  source: z.string().optional(),
  reference: z.string().optional(),
  traceId: z.string().optional(),
  status: z.enum(MESSAGE_STATUSES).optional(),
  since: timestamp.optional().meta({ description: 'Accepted at or after.' }),
  until: timestamp.optional().meta({ description: 'Accepted before.' }),
  q: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(255, 'must be at most 255 characters')
    .optional()
    .meta({
      description:
        'Words that a person knows it by, as `PagerDuty 55`: source and reference, or the beginning of a key or reference, or a trace id, or a destination.',
      examples: ['PagerDuty 55'],
    }),
});

/** Proxies and clients commonly give up a request after a minute. */
const LONGEST_WAIT_MS = 60_000;

export const messageWaitSchema = z.strictObject({
  wait: durationMs
    .refine((ms) => ms <= LONGEST_WAIT_MS, { error: 'must be at most 60s' })
    .optional()
    .meta({
      description: 'Hold the answer until the status is final, but no longer than this, as `20s`.',
    }),
});

const personsWords = z.string().trim().min(1, 'must not be empty').max(1_000);

const filterFields = {
  destination: destinationSchema.optional(),
  reason: z.enum(FAILURE_REASONS).optional(),
};

export const deadLetterQuerySchema = z.strictObject({ ...pageFields, ...filterFields });

export const deadLetterSummaryQuerySchema = z.strictObject(filterFields);

export const bulkDecisionBodySchema = z
  .strictObject({
    filter: z.strictObject(filterFields).meta({
      description: 'Which dead letters: `reason` is why they are parked. `{}` means all of them.',
    }),
    by: personsWords.optional().meta({ description: 'Who decides. Required unless `dryRun`.' }),
    reason: personsWords.optional().meta({ description: 'Why. Required unless `dryRun`.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Count, and do nothing.' }),
  })
  .meta({ id: 'BulkDecisionRequest' });

export const retryBodySchema = z
  .strictObject({
    destination: destinationSchema.optional(),
    by: personsWords.optional(),
    reason: personsWords.optional(),
  })
  .meta({ id: 'RetryRequest' });

/** Giving a message up is final, so who and why are asked for. */
export const discardBodySchema = z
  .strictObject({
    destination: destinationSchema.optional(),
    by: personsWords,
    reason: personsWords,
  })
  .meta({ id: 'DiscardRequest' });

/** As query parameters, since many clients and proxies drop the body of a DELETE. */
export const cancelQuerySchema = z.strictObject({
  by: personsWords.optional(),
  reason: personsWords.optional(),
});

const BATCH_LIMIT_MESSAGES = 1_000;

export const batchSchema = z
  .strictObject({
    messages: z
      .array(z.unknown())
      .min(1, 'must hold at least one message')
      .max(BATCH_LIMIT_MESSAGES, `must hold at most ${BATCH_LIMIT_MESSAGES} messages`),
  })
  .meta({ id: 'Batch' });
