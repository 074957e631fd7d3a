import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { AttemptLog, lastNumber } from '../attemptLog.js';
import {
  FAILURE_REASONS,
  type Attempt,
  type FailureReason,
  type OnAmbiguous,
} from '../delivery.js';

interface Activity {
  earlier: Attempt[];
  scheduledAt: Date;
  attempts: number;
}

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
 * @param activity.earlier the attempts before this activity
 * @param activity.scheduledAt when the activity was scheduled
 * @param activity.attempts how many attempts it was allowed
 */
export function readDeliverFailure(
  cause: Error | undefined,
  activity: Activity & { onAmbiguous: OnAmbiguous },
): DeliverFailure {
  const failure =
    cause instanceof ApplicationFailure
      ? ofFailedAttempt(cause, activity.earlier)
      : ofLostWorker(cause, activity);
  if (activity.onAmbiguous === 'resend' || failure.reason === 'outcome_unknown') return failure;

  // A person has to look before this may be sent again, whatever it was that hid the outcome.
  const unresolved = new AttemptLog(failure.attempts)
    .unresolved()
    .find(({ number }) => number > lastNumber(activity.earlier));
  return unresolved
    ? {
        ...failure,
        reason: 'outcome_unknown',
        detail: `${failure.detail} An attempt since ${unresolved.startedAt ?? 'an unknown time'} may have been posted: look there; then retry if the message is missing, or discard it if it is there.`,
      }
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
  { earlier, scheduledAt, attempts }: Activity,
): DeliverFailure {
  const heartbeat = cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : undefined;
  // Temporal gives up on an activity whose worker was lost only when no attempt is left.
  const log = AttemptLog.restore(
    heartbeat as Attempt[] | undefined,
    earlier,
    attempts + 1,
    scheduledAt,
  );
  return {
    reason: 'worker_lost',
    detail: 'The worker disappeared during the last attempt; whether it posted is unknown.',
    attempts: log.entries(),
  };
}
