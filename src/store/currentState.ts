/** The state of a message at one moment: its history, what Temporal has pending, and what its description says. */
import { AttemptLog, lastNumber } from '../domain/attemptLog.js';
import {
  type DeliveryStage,
  type DeliveryState,
  type MessageState,
  type MessageSummary,
  type OperatorAction,
  decisionOn,
  failureOf,
} from '../domain/messageState.js';
import { type DeliverActivity, type HistoryReading, withDelivery } from './historyReading.js';
import type { PendingActivity } from './messageEvents.js';

/**
 * @param pending the activities that Temporal still has to finish, at the moment where the reading ends
 * @param summary what Temporal's description says at that moment
 */
export function messageStateAt(
  reading: HistoryReading,
  pending: readonly PendingActivity[],
  summary: MessageSummary,
  now: Date,
): MessageState {
  const { expiresAt, deliverAt, shows } = reading.input;
  const hasExpired = expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
  const { deliveries, failure, operatorActions, unrecorded } = pending.reduce(
    (read, activity) => applyPending(read, activity, hasExpired),
    reading,
  );
  return {
    ...summary,
    deliveries: deliveries.map((delivery, index) => {
      const stage = finalStage(delivery, summary, operatorActions, hasExpired);
      const lacksAttempts = stage.kind === 'cancelled' && !isKnown(unrecorded[index], pending);
      return { ...delivery, stage, ...(lacksAttempts && { lacksAttempts }) };
    }),
    operatorActions,
    deliverAt,
    expiresAt,
    ...(shows && { shows }),
    failure,
  };
}

/** Whether the attempts of the activity are known: all are between two attempts, as where the workflow was terminated then. */
function isKnown(
  activity: DeliverActivity | undefined,
  pending: readonly PendingActivity[],
): boolean {
  if (!activity) return true;
  return pending.some(({ activityId, isQueued }) => isQueued && activityId === activity.activityId);
}

/** The reading with the attempts that a pending activity has made so far, and its stage. */
function applyPending(
  reading: HistoryReading,
  pending: PendingActivity,
  hasExpired: boolean,
): HistoryReading {
  const activity = reading.activities.find(({ activityId }) => activityId === pending.activityId);
  if (!activity) return reading;
  const { earlierAttempts, scheduledAt } = activity;
  const log = AttemptLog.restore(
    pending.heartbeat,
    earlierAttempts,
    pending.attempt,
    scheduledAt,
  ).entries();
  const failure = { reason: log.at(-1)?.reason, detail: pending.lastFailure?.message };
  return withDelivery(reading, activity, {
    attempts: log,
    stage: { ...pendingStage(pending, activity, lastNumber(log), hasExpired), ...failure },
  });
}

function pendingStage(
  { dueAt, isQueued, startedAt }: PendingActivity,
  { earlierAttempts, scheduledAt }: DeliverActivity,
  lastAttempt: number,
  hasExpired: boolean,
) {
  if (!isQueued && startedAt !== undefined)
    return { kind: 'attempting', since: startedAt } as const;
  // A worker will still receive it, and refuse to post it.
  if (isQueued && hasExpired) return { kind: 'expired' } as const;
  if (isQueued && dueAt !== undefined && lastAttempt > lastNumber(earlierAttempts)) {
    return { kind: 'retrying', nextAttemptAt: dueAt } as const;
  }
  return { kind: 'queued', since: scheduledAt.toISOString() } as const;
}

const ENDED: ReadonlySet<DeliveryStage['kind']> = new Set([
  'confirmed',
  'superseded',
  'expired',
  'standby',
  'muted',
]);

/** The stage after a decision or an expiry that the delivery's own events don't show. */
function finalStage(
  delivery: DeliveryState,
  message: MessageSummary,
  operatorActions: readonly OperatorAction[],
  hasExpired: boolean,
): DeliveryStage {
  const { destination, stage } = delivery;
  if (ENDED.has(stage.kind)) {
    return stage;
  }
  if (message.status === 'cancelled') return { kind: 'cancelled', ...failureOf(delivery) };
  // No worker has started it, and one that does now will refuse to post it.
  if (stage.kind === 'accepted' && hasExpired) return { kind: 'expired' };
  // It expired before its next activity was scheduled.
  const waits = stage.kind === 'queued' || stage.kind === 'awaiting_turn';
  if (waits && hasExpired && message.closedAt !== undefined) {
    return { kind: 'expired', ...failureOf(delivery) };
  }
  const parked = message.deadLetters.some((deadLetter) => deadLetter.destination === destination);
  if (parked || stage.kind !== 'dead_lettered') return stage;
  // A cancellation that came too late for this delivery has changed nothing.
  const decisions = operatorActions.filter(({ action }) => action !== 'cancel');
  const decision = decisionOn({ destination, at: stage.parkedAt }, decisions);
  if (decision?.action === 'discard') return { kind: 'discarded', ...failureOf(delivery) };
  return hasExpired ? { kind: 'expired', ...failureOf(delivery) } : stage;
}
