import type { RetryProfile } from './delivery.js';

/** Temporal takes a delay of zero for "none given", or for "no more retries". */
const MINIMUM_DELAY_MS = 50;

/**
 * The wait before the next attempt: full jitter over the exponential backoff, but never sooner than the platform asked.
 * Jitter is added to Retry-After too, so that deliveries that were given the same time don't all return at once.
 *
 * @param attempt the number of the attempt that failed, from 1, counted since the activity was scheduled
 * @param notBeforeMs what the platform asked for in Retry-After, or another lower bound
 * @param random a number in [0, 1)
 */
export function nextAttemptDelayMs(
  { initialDelayMs, factor, maximumDelayMs }: RetryProfile,
  attempt: number,
  notBeforeMs: number | undefined,
  random: number,
): number {
  const ceiling = Math.min(maximumDelayMs, initialDelayMs * factor ** (attempt - 1));
  const jittered = random * ceiling;
  const asked =
    notBeforeMs === undefined ? 0 : notBeforeMs + random * Math.min(ceiling, initialDelayMs);
  return Math.ceil(Math.max(MINIMUM_DELAY_MS, jittered, asked));
}
