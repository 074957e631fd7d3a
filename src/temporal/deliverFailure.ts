import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { AttemptLog } from '../attemptLog.js';
import {
  FAILURE_REASONS,
  type Attempt,
  type FailureReason,
  type OnAmbiguous,
} from '../delivery.js';

export interface DeliverFailure {
  reason: FailureReason;
  /** What happened, for a person to read. */
  detail: string;
  /** All attempts of the delivery so far. */
  attempts: Attempt[];
}

/**
 * Reads what the end of a failed `deliver` activity says: in the workflow, which parks the delivery, and in the API, which
 * tells of it. The attempt log is in the failure's details; where the last worker was lost, in its last heartbeat.
 *
 * @param cause the cause of the ActivityFailure
 * @param earlier the attempts before this activity
 * @param scheduledAt when the activity was scheduled
 */
export function readDeliverFailure(
  cause: Error | undefined,
  {
    earlier,
    scheduledAt,
    onAmbiguous,
  }: { earlier: Attempt[]; scheduledAt: Date; onAmbiguous: OnAmbiguous },
): DeliverFailure {
  const failure =
    cause instanceof ApplicationFailure
      ? ofFailedAttempt(cause, earlier)
      : ofLostWorker(cause, earlier, scheduledAt);
  // A person has to look before this may be sent again, whatever it was that hid the outcome.
  const mayHavePosted = failure.attempts.at(-1)?.outcome === 'ambiguous';
  return mayHavePosted && onAmbiguous === 'dead_letter'
    ? { ...failure, reason: 'outcome_unknown' }
    : failure;
}

function ofFailedAttempt(failure: ApplicationFailure, earlier: Attempt[]): DeliverFailure {
  const [attempts] = (failure.details ?? []) as [Attempt[]?];
  return {
    reason: FAILURE_REASONS.find((known) => known === failure.type) ?? 'unexpected_answer',
    detail: failure.message,
    attempts: attempts ?? earlier,
  };
}

function ofLostWorker(
  cause: Error | undefined,
  earlier: Attempt[],
  scheduledAt: Date,
): DeliverFailure {
  const heartbeat: unknown =
    cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : undefined;
  const log = new AttemptLog((heartbeat as Attempt[] | undefined) ?? earlier);
  log.addLost(scheduledAt);
  return {
    reason: 'worker_lost',
    detail: 'The worker disappeared during the last attempt; whether it posted is unknown.',
    attempts: log.entries(),
  };
}
