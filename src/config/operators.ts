/** The operators of sendproof, and when they are notified of dead letters. */
import { z } from 'zod';
import { durationMs } from '../lib/duration.js';
import { routesSchema } from '../domain/message.js';
import type { DigestPolicy } from '../contract/notices.js';

export const operatorsSchema = z.strictObject({
  destinations: routesSchema,
  digestAfter: durationMs.optional(),
  digestWindow: durationMs.optional(),
  waitingTooLong: durationMs.optional(),
  overdueAfter: durationMs.optional(),
});

const DIGEST_DEFAULTS: DigestPolicy = {
  gatherMs: 2 * 60_000,
  windowMs: 15 * 60_000,
  waitingTooLongMs: 24 * 3_600_000,
};

/** When a message that is neither final nor parked is overdue. */
export const OVERDUE_AFTER_MS = 3_600_000;

export function digestPolicyOf(
  operators: z.output<typeof operatorsSchema> | undefined,
): DigestPolicy {
  return {
    gatherMs: operators?.digestAfter ?? DIGEST_DEFAULTS.gatherMs,
    windowMs: operators?.digestWindow ?? DIGEST_DEFAULTS.windowMs,
    waitingTooLongMs: operators?.waitingTooLong ?? DIGEST_DEFAULTS.waitingTooLongMs,
  };
}
