/** What follows an attempt that failed: the next one after a delay, or the ending of the delivery. */
import { ApplicationFailure, type Info } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { AccountConnection } from '../accounts/accountConnection.js';
import type { DeliverInput } from '../contract/deliver.js';
import type { AttemptLog } from '../domain/attemptLog.js';
import { nextAttemptDelayMs } from '../domain/backoff.js';
import type { DeliveryError, Ending } from '../domain/delivery.js';

/**
 * The least wait after a request without an answer. The platform may still be processing it, and the next attempt must not
 * search before its post is visible. As long as the slowest normal posts take.
 */
const SETTLE_MS = 2_000;

/** The delay before the next attempt; or, where there is none, the ending of the delivery. */
export type Next =
  { delayMs: number; ending?: undefined } | { delayMs?: undefined; ending: Ending };

/** Because the account is unavailable: the workflow schedules the delivery again, until the account works. */
export const HELD_BACK: Next = { ending: 'held_back' };

/** @param connection tells whether the platform limits the whole account: a 429 then says nothing of this destination */
export function planNext(
  error: DeliveryError,
  input: DeliverInput,
  info: Info,
  random: number,
  connection: Pick<AccountConnection, 'isLimited' | 'isProbing'> | undefined,
): Next {
  const { expiresAt, retry } = input;
  if (error.reason === 'expired') return { ending: 'expired' };
  if (error.outcome === 'permanent') return { ending: 'refused' };
  const limitsAccount = error.reason === 'rate_limited' && connection?.isLimited === true;
  const isLastAttempt = info.attempt >= retry.attempts;
  // The workflow schedules it before what waits in the queue. Retried by Temporal, it would go behind all of that.
  if (limitsAccount && (connection.isProbing || isLastAttempt)) return HELD_BACK;
  if (isLastAttempt) return { ending: 'exhausted' };

  // The pace of the account spaces the calls. A longer and longer backoff would only let later messages go first.
  const backoffAttempt = limitsAccount ? 1 : info.attempt;
  const delayMs = nextAttemptDelayMs(retry, backoffAttempt, notBeforeMs(error), random);
  const at = Date.now() + delayMs;
  if (expiresAt !== undefined && at >= Date.parse(expiresAt)) return { ending: 'expired' };
  const giveUpAt = info.scheduledTimestampMs + (retry.giveUpAfterMs ?? Number.POSITIVE_INFINITY);
  return at > giveUpAt ? { ending: 'exhausted' } : { delayMs };
}

/** The least delay before the next attempt: what the platform asked for, or until an unanswered request has settled. */
function notBeforeMs({ outcome, reason, retryAfterMs }: DeliveryError): number | undefined {
  const unanswered = reason === 'timeout' || reason === 'connection_failed';
  return outcome === 'ambiguous' && unanswered
    ? Math.max(SETTLE_MS, retryAfterMs ?? 0)
    : retryAfterMs;
}

/**
 * Between attempts the heartbeat has the log. Temporal truncates the failures that it keeps meanwhile to 4 kB, and may leave out
 * the details. The failure is the last word where Temporal plans no next attempt, as after a cancellation.
 */
const BETWEEN_ATTEMPTS_BYTES = 1_000;

export function applicationFailure(
  error: DeliveryError,
  log: AttemptLog,
  next: Next | undefined,
): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.reason,
    message: error.message,
    nonRetryable: next?.ending !== undefined,
    nextRetryDelay: next?.delayMs,
    details: next?.ending ? [log.entries(), next.ending] : [log.latest(BETWEEN_ATTEMPTS_BYTES)],
    // Keeps failures that Temporal retries out of the worker's error log.
    ...(error.outcome !== 'permanent' && { category: ApplicationFailureCategory.BENIGN }),
  });
}
