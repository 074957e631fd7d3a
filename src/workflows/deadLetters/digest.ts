import type { FailureReason } from '../../domain/delivery.js';
import { inCode } from '../../lib/markdownCode.js';
import { REMEDIES } from '../../domain/remedies.js';
import { oldestWaiting, waitingMessages } from './deadLetterCounts.js';
import type {
  DeadLetterReference,
  DeadLetterCounts,
  DigestState,
} from '../../contract/deadLetterQueue.js';
import type { OperatorNotice, DigestPolicy } from '../../contract/notices.js';
import type { Destination } from '../../domain/destination.js';

export function noteDeadLetter(state: DigestState, { reason, at }: DeadLetterReference): void {
  state.untold ??= { since: at, byReason: {} };
  const { byReason } = state.untold;
  byReason[reason] = (byReason[reason] ?? 0) + 1;
}

/** What nobody needs to be told of any more, since nothing waits. */
export function noteNothingWaits(state: DigestState): void {
  state.untold = undefined;
}

/** When there will be something to tell, in milliseconds since the epoch; undefined while nothing waits. */
export function nextNoticeAt(
  state: DigestState,
  counts: DeadLetterCounts,
  policy: DigestPolicy,
): number | undefined {
  const due = [digestDueAt(state, policy), reminderDueAt(state, counts, policy)].filter(
    (each) => each !== undefined,
  );
  return due.length === 0 ? undefined : Math.min(...due);
}

/** A digest waits for company first, so that a burst is one digest; and it keeps its distance from the one before. */
function digestDueAt({ untold, toldAt }: DigestState, policy: DigestPolicy): number | undefined {
  if (!untold) return undefined;
  return Math.max(
    Date.parse(untold.since) + policy.gatherMs,
    toldAt === undefined ? 0 : Date.parse(toldAt) + policy.windowMs,
  );
}

function reminderDueAt(
  { remindedAt }: DigestState,
  counts: DeadLetterCounts,
  { waitingTooLongMs }: DigestPolicy,
): number | undefined {
  const oldest = oldestWaiting(counts);
  if (oldest === undefined) return undefined;
  const since = [oldest, ...(remindedAt === undefined ? [] : [remindedAt])].map((at) =>
    Date.parse(at),
  );
  return Math.max(...since) + waitingTooLongMs;
}

/** The notices that are due now. The state then counts them as told. */
export function takeNotices(
  state: DigestState,
  counts: DeadLetterCounts,
  destination: Destination,
  policy: DigestPolicy,
  now: Date,
): OperatorNotice[] {
  const notices: OperatorNotice[] = [];
  const { untold } = state;
  if (untold && isDue(digestDueAt(state, policy), now)) {
    notices.push(digestNotice(destination, untold, counts));
    state.untold = undefined;
    state.toldAt = now.toISOString();
  }
  if (isDue(reminderDueAt(state, counts, policy), now)) {
    notices.push(reminderNotice(destination, counts, now));
    state.remindedAt = now.toISOString();
  }
  return notices;
}

function isDue(at: number | undefined, now: Date): boolean {
  return at !== undefined && at <= now.getTime();
}

function digestNotice(
  destination: Destination,
  { since, byReason }: NonNullable<DigestState['untold']>,
  counts: DeadLetterCounts,
): OperatorNotice {
  const reasons = Object.entries(byReason) as [FailureReason, number][];
  const count = reasons.reduce((total, [, each]) => total + each, 0);
  const lines = reasons
    .sort(([, one], [, other]) => other - one)
    .map(([reason, each]) => `- ${each} × \`${reason}\`. ${REMEDIES[reason]}`);
  return {
    topic: `dead-letters/${destination}/${since}`,
    content: {
      title: count === 1 ? 'A message could not be delivered' : `${count} dead letters`,
      severity: 'error',
      text: [
        `Since ${since}, ${count} could not be delivered to ${inCode(destination)}:`,
        lines.join('\n'),
        whatToDo(destination, counts),
      ].join('\n\n'),
    },
    priority: NOTICE_PRIORITY,
  };
}

function reminderNotice(
  destination: Destination,
  counts: DeadLetterCounts,
  now: Date,
): OperatorNotice {
  return {
    topic: `dead-letters-waiting/${destination}/${now.toISOString()}`,
    content: {
      title: 'Dead letters have been waiting for long',
      severity: 'warning',
      text: [
        `The oldest dead letter of ${inCode(destination)} waits for a person since ${oldestWaiting(counts) ?? 'long ago'}.`,
        whatToDo(destination, counts),
      ].join('\n\n'),
    },
    priority: NOTICE_PRIORITY,
  };
}

/** Before what is routine, after what wakes people. */
const NOTICE_PRIORITY = 2;

function whatToDo(destination: Destination, counts: DeadLetterCounts): string {
  return (
    `${waitingMessages(counts)} wait there now. See them with ${inCode(`sendproof dead-letters --destination ${destination}`)}; ` +
    `once the cause is mended: ${inCode(`sendproof dead-letters retry --destination ${destination}`)}.`
  );
}
