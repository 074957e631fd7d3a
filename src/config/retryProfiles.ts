/** Retry profiles: those of `sendproof.yaml`, and the built-in ones. */
import { z } from 'zod';
import { DEFAULT_RESENDS, type RetryProfile } from '../domain/delivery.js';
import { durationMs } from '../lib/duration.js';

export const retryProfileSchema = z
  .strictObject({
    initialDelay: durationMs.prefault('1s'),
    factor: z.number().min(1).max(10).default(2),
    maximumDelay: durationMs.prefault('5m'),
    attempts: z.int().min(1).max(1_000).default(15),
    giveUpAfter: durationMs.optional(),
    /** How often a message is sent again where nobody can find out whether it was posted. */
    resends: z.int().min(0).max(1_000).default(DEFAULT_RESENDS),
  })
  .transform(
    ({ initialDelay, factor, maximumDelay, attempts, giveUpAfter, resends }): RetryProfile => ({
      initialDelayMs: initialDelay,
      factor,
      maximumDelayMs: maximumDelay,
      attempts,
      giveUpAfterMs: giveUpAfter,
      resends,
    }),
  );

/** `sendproof.yaml` may redefine each of them. */
export const BUILT_IN_RETRY_PROFILES: Readonly<Record<string, RetryProfile>> = {
  default: retryProfileSchema.parse({}),
  // For messages that wake people: retried every few seconds, and dead-lettered soon, so that a fallback is used in time.
  page: retryProfileSchema.parse({
    initialDelay: '500ms',
    maximumDelay: '15s',
    attempts: 40,
    giveUpAfter: '5m',
  }),
  // For messages that can wait: retried rarely, but for long enough to survive a day without the platform.
  bulk: retryProfileSchema.parse({ initialDelay: '10s', maximumDelay: '30m', attempts: 60 }),
};
