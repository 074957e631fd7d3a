/** How long a delivery waits in the queue of its account, from what Temporal says of that queue. */

/** What is known of the queue of an account. */
export interface AccountQueue {
  /** Deliveries per second that the account may make; zero: its queue is stopped; undefined: no limit is known. */
  limitPerSecond: number | undefined;
  /** Why its queue is stopped: empty where nobody gave a reason, undefined where it isn't stopped. */
  heldBack: string | undefined;
  /** Deliveries that wait. Temporal calls the number approximate. */
  backlog: number;
  /** The same by priority, 1 (first) to 5. Empty where the server doesn't tell. */
  backlogByPriority: ReadonlyMap<number, number>;
  /** The age of the oldest delivery that waits. */
  backlogAgeMs: number;
  /** Deliveries per second that workers received, over the last 30 s. */
  pacePerSecond: number;
  /** Workers that poll the queue. */
  workers: number;
}

/** When a delivery is expected to leave the queue. */
export type DeliveryEstimate =
  | { kind: 'in'; ms: number }
  /** Nobody knows how long: the account's queue is stopped. */
  | { kind: 'held_back'; reason: string }
  /** Nobody knows how long: no worker polls the queue. */
  | { kind: 'no_worker' };

/** What an unnamed priority is. */
const USUAL_PRIORITY = 3;

/** The time that Temporal's pace is an average of. */
const PACE_SPAN_MS = 30_000;

/** A backlog that is younger is taken to be this old, for its pace. */
const YOUNGEST_MS = 1_000;

/** Fewer than this in a second is no pace: the 30 s that Temporal looks at may have begun without any work. */
const SLOWEST_PACE = 0.02;

/** For a message that is sent now, with this priority. */
export function estimateDelivery(
  queue: AccountQueue,
  priority: number = USUAL_PRIORITY,
): DeliveryEstimate {
  return waitBehind(queue, backlogAhead(queue, priority));
}

/**
 * For a delivery that waits already. The older ones are ahead of it; deliveries are taken to have arrived evenly since the oldest.
 *
 * @param waitedMs how long it has waited in the queue
 */
export function estimateWaiting(queue: AccountQueue, waitedMs: number): DeliveryEstimate {
  const { backlog, backlogAgeMs } = queue;
  const shareAhead = backlogAgeMs <= 0 ? 0 : Math.min(1, Math.max(0, 1 - waitedMs / backlogAgeMs));
  return waitBehind(queue, backlog * shareAhead);
}

function waitBehind(queue: AccountQueue, ahead: number): DeliveryEstimate {
  if (queue.heldBack !== undefined) return { kind: 'held_back', reason: queue.heldBack };
  if (queue.workers === 0) return { kind: 'no_worker' };
  if (ahead === 0) return { kind: 'in', ms: 0 };
  const pace = paceOf(queue);
  // With work, workers and no limit, nothing but a moment is known to be in the way.
  return { kind: 'in', ms: pace === undefined ? 0 : Math.round((ahead / pace) * 1_000) };
}

/**
 * The pace at which a backlog gets shorter: what was measured, which knows the limits of channels too, or else the account's limit.
 * While the backlog is younger than what was measured, the time before it may have been idle: then the limit is the pace, or, without
 * one, what was delivered is taken to be delivered since the backlog began.
 */
function paceOf({ backlogAgeMs, limitPerSecond, pacePerSecond }: AccountQueue): number | undefined {
  if (pacePerSecond < SLOWEST_PACE) return limitPerSecond;
  if (backlogAgeMs >= PACE_SPAN_MS) {
    return Math.min(pacePerSecond, limitPerSecond ?? Number.POSITIVE_INFINITY);
  }
  return limitPerSecond ?? (pacePerSecond * PACE_SPAN_MS) / Math.max(YOUNGEST_MS, backlogAgeMs);
}

/** Those of the same or a higher priority. */
function backlogAhead({ backlog, backlogByPriority }: AccountQueue, priority: number): number {
  if (backlogByPriority.size === 0) return backlog;
  const ahead = [...backlogByPriority].filter(([each]) => each <= priority);
  return Math.min(
    backlog,
    ahead.reduce((total, [, count]) => total + count, 0),
  );
}

/** The later of two: what can't be told is later than any time. */
export function laterEstimate(one: DeliveryEstimate, other: DeliveryEstimate): DeliveryEstimate {
  if (one.kind !== 'in') return one;
  if (other.kind !== 'in') return other;
  return one.ms >= other.ms ? one : other;
}
