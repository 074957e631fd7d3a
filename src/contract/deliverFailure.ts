import {
  ApplicationFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
  type ActivityFailure,
} from '@temporalio/common';
import type { DeliveryActivities } from './activities.js';
import { AttemptLog, lastNumber } from '../domain/attemptLog.js';
import {
  FAILURE_REASONS,
  type Attempt,
  type Ending,
  type FailureReason,
  type OnAmbiguous,
  type PostedParts,
} from '../domain/delivery.js';
import { describePostedParts } from '../domain/postedParts.js';

interface Activity {
  earlier: Attempt[];
  scheduledAt: Date;
  attempts: number;
  /** Temporal stopped because of the time limit of the activity. */
  timeIsUp: boolean;
}

export interface DeliverFailure {
  reason: FailureReason;
  /** What happened, for a person to read. */
  detail: string;
  /** All attempts of the delivery so far. */
  attempts: Attempt[];
  ending: Ending;
}

/** Whether a time limit ended the activity, not the number of attempts. Only messages that expire have a time limit. */
export function endedByTime({ retryState }: Pick<ActivityFailure, 'retryState'>): boolean {
  return retryState === RetryState.TIMEOUT;
}

/**
 * Reads the failure of a `deliver` activity: in the workflow, which parks the delivery, and in the API, which shows it. The
 * attempt log is in the failure's details or, where the last worker was lost, in its last heartbeat.
 *
 * @param cause the cause of the ActivityFailure
 * @param activity.earlier the attempts before this activity
 * @param activity.scheduledAt when the activity was scheduled
 * @param activity.attempts how many attempts it was allowed
 * @param activity.decidedUpTo the number of the last attempt before a person's latest retry; by default, that of the last
 *   attempt before this activity
 * @param activity.posted the parts of the message that were posted before this activity
 * @param activity.timeIsUp whether it ended because of its time limit, as a message that expires has
 */
export function readDeliverFailure(
  cause: Error | undefined,
  activity: Activity & {
    onAmbiguous: OnAmbiguous;
    decidedUpTo?: number | undefined;
    posted?: PostedParts | null | undefined;
  },
): DeliverFailure {
  if (isByOlderWorker(cause)) return heldBackByOlderWorker(activity);
  const failure = withUnknownOutcome(cause, activity);
  const { posted } = activity;
  if (!posted || failure.ending === 'held_back') return failure;
  const next =
    failure.ending === 'expired' ? '' : `; a retry continues with part ${posted.count + 1}`;
  return { ...failure, detail: `${failure.detail} ${describePostedParts(posted)}${next}.` };
}

/** Of the SDK, where a worker doesn't know an activity. */
const NOT_REGISTERED = 'NotFoundError';
const IN_CONVERSATION: keyof DeliveryActivities = 'deliverInConversation';

/** Whether workers that know no conversations had the activity last. Newer ones are there too, or come soon. */
function isByOlderWorker(cause: Error | undefined): boolean {
  return (
    cause instanceof ApplicationFailure &&
    cause.type === NOT_REGISTERED &&
    cause.message.includes(IN_CONVERSATION)
  );
}

/** Newer workers may have made attempts before, of which no log is left: the next attempt searches. */
function heldBackByOlderWorker({ earlier, scheduledAt, timeIsUp }: Activity): DeliverFailure {
  const lost: Attempt = {
    number: lastNumber(earlier) + 1,
    startedAt: scheduledAt.toISOString(),
    outcome: 'ambiguous',
    reason: 'worker_lost',
  };
  return {
    reason: lost.reason ?? 'worker_lost',
    detail: 'Workers of an earlier release, which know no conversations, had it last.',
    attempts: [...earlier, lost],
    ending: timeIsUp ? 'expired' : 'held_back',
  };
}

function withUnknownOutcome(
  cause: Error | undefined,
  activity: Activity & { onAmbiguous: OnAmbiguous; decidedUpTo?: number | undefined },
): DeliverFailure {
  const failure =
    cause instanceof ApplicationFailure
      ? ofFailedAttempt(cause, activity)
      : ofLostWorker(cause, activity);
  if (activity.onAmbiguous === 'resend' || failure.reason === 'outcome_unknown') return failure;
  // Its next attempt searches before it posts.
  if (failure.ending === 'held_back') return failure;

  const decidedUpTo = activity.decidedUpTo ?? lastNumber(activity.earlier);
  // A person has to check the destination before this may be sent again, whatever the reason of the last failure.
  const [unresolved] = new AttemptLog(failure.attempts).unresolved(decidedUpTo);
  return unresolved
    ? {
        ...failure,
        reason: 'outcome_unknown',
        detail: `${failure.detail} An attempt since ${unresolved.startedAt ?? 'an unknown time'} may have posted it: check the destination, then retry if the message is missing, or discard it if it is there.`,
      }
    : failure;
}

function ofFailedAttempt(
  failure: ApplicationFailure,
  { earlier, timeIsUp }: Activity,
): DeliverFailure {
  const [known = [], ending] = (failure.details ?? []) as [Attempt[]?, Ending?];
  const attempts = ending ? known : withLatest(earlier, known);
  // "expired" is only how it ended. The last attempt has the reason why it was not posted before.
  const type = failure.type === 'expired' ? (attempts.at(-1)?.reason ?? 'expired') : failure.type;
  return {
    reason: FAILURE_REASONS.find((known) => known === type) ?? 'unexpected_answer',
    detail: failure.message,
    attempts,
    ending: timeIsUp ? 'expired' : (ending ?? (failure.nonRetryable ? 'refused' : 'exhausted')),
  };
}

/** A failure after which an attempt was planned has only the latest attempts; one of an earlier release has none. */
function withLatest(earlier: readonly Attempt[], latest: readonly Attempt[]): Attempt[] {
  const numbers = new Set(latest.map(({ number }) => number));
  const others = earlier.filter(({ number }) => !numbers.has(number));
  return [...others, ...latest].sort((one, other) => one.number - other.number);
}

function ofLostWorker(
  cause: Error | undefined,
  { earlier, scheduledAt, attempts, timeIsUp }: Activity,
): DeliverFailure {
  const timeout = cause instanceof TimeoutFailure ? cause : undefined;
  const heartbeat = timeout?.lastHeartbeatDetails as Attempt[] | undefined;
  if (timeout?.timeoutType === TimeoutType.SCHEDULE_TO_CLOSE) {
    const known = heartbeat ?? earlier;
    return {
      reason: known.at(-1)?.reason ?? 'expired',
      detail: 'It expired while it waited in its account’s queue.',
      attempts: known,
      ending: 'expired',
    };
  }
  // Temporal ends an activity whose worker was lost when no attempt is left, or no time for one: then the lost attempt was
  // one more than those recorded.
  const made = timeIsUp ? lastNumber(heartbeat ?? earlier) - lastNumber(earlier) + 1 : attempts;
  return {
    reason: 'worker_lost',
    detail: 'The worker disappeared during the last attempt; whether it posted is unknown.',
    attempts: AttemptLog.restore(heartbeat, earlier, made + 1, scheduledAt).entries(),
    ending: timeIsUp ? 'expired' : 'exhausted',
  };
}
