/** Retry profiles: as `sendproof.yaml` has them, and those that are there without it. */
import { z } from 'zod';
import type { RetryProfile } from '../domain/delivery.js';
import { durationMs } from '../lib/duration.js';

export const retryProfileSchema = z
  .strictObject({
    initialDelay: durationMs.prefault('1s'),
    factor: z.number().min(1).max(10).default(2),
    maximumDelay: durationMs.prefault('5m'),
    attempts: z.int().min(1).max(1_000).default(15),
    giveUpAfter: durationMs.optional(),
  })
  .transform(({ initialDelay, factor, maximumDelay, attempts, giveUpAfter }): RetryProfile => ({
    initialDelayMs: initialDelay,
    factor,
    maximumDelayMs: maximumDelay,
    attempts,
    giveUpAfterMs: giveUpAfter,
  }));

/** `sendproof.yaml` may define each of them anew. */
export const BUILT_IN_RETRY_PROFILES: Readonly<Record<string, RetryProfile>> = {
  default: retryProfileSchema.parse({}),
  // Somebody is to be woken: tried again every few seconds, and a dead letter soon, so that a fallback is used in time.
  page: retryProfileSchema.parse({
    initialDelay: '500ms',
    maximumDelay: '15s',
    attempts: 40,
    giveUpAfter: '5m',
  }),
  // Nobody waits for it: it outlasts a platform's bad day, and leaves the room to others.
  bulk: retryProfileSchema.parse({ initialDelay: '10s', maximumDelay: '30m', attempts: 60 }),
};
