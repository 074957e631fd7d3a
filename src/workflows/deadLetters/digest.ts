import type { FailureReason } from '../../domain/delivery.js';
import { commandBlock, inCode } from '../../lib/markdownCode.js';
import { shellCommand } from '../../lib/shellCommand.js';
import { REMEDIES } from '../../domain/remedies.js';
import { oldestOpen, openCount } from './deadLetterCounts.js';
import type {
  DeadLetterReference,
  DeadLetterCounts,
  DigestState,
} from '../../contract/deadLetterQueue.js';
import type { OperatorNotice, DigestPolicy } from '../../contract/notices.js';
import type { Destination } from '../../domain/destination.js';
import { own } from '../../lib/own.js';

export function addToDigest(state: DigestState, { reason, at }: DeadLetterReference): void {
  state.untold ??= { since: at, byReason: {} };
  const { byReason } = state.untold;
  byReason[reason] = (own(byReason, reason) ?? 0) + 1;
}

/** Drops the pending digest, once no dead letter is open. */
export function clearDigest(state: DigestState): void {
  state.untold = undefined;
  state.unsent = undefined;
}

/** Between two tries to send a notice: at first, and at most. */
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;

/**
 * Keeps notices that could not be sent. Their wording and topic stay, so that one that was accepted after all is not sent twice.
 *
 * @param failures how many tries had failed before
 */
export function keepUnsent(
  state: DigestState,
  notices: OperatorNotice[],
  failures: number,
  now: Date,
): void {
  const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
  const retryAt = new Date(now.getTime() + waitMs).toISOString();
  state.unsent = { notices, failures: failures + 1, retryAt };
}

/** When the next notice is due, in milliseconds since the epoch; undefined while no dead letter is open. */
export function nextNoticeAt(
  state: DigestState,
  counts: DeadLetterCounts,
  policy: DigestPolicy,
): number | undefined {
  if (state.unsent) return Date.parse(state.unsent.retryAt);
  const due = [digestDueAt(state, policy), reminderDueAt(state, counts, policy)].filter(
    (each) => each !== undefined,
  );
  return due.length === 0 ? undefined : Math.min(...due);
}

/** Waits for more dead letters first, so that a burst makes one digest; and at least `windowMs` after the digest before. */
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
  const oldest = oldestOpen(counts);
  if (oldest === undefined) return undefined;
  const since = [oldest, ...(remindedAt === undefined ? [] : [remindedAt])].map((at) =>
    Date.parse(at),
  );
  return Math.max(...since) + waitingTooLongMs;
}

/** The notices that are due now, which the state then records as sent. */
export function takeDueNotices(
  state: DigestState,
  counts: DeadLetterCounts,
  destination: Destination,
  policy: DigestPolicy,
  now: Date,
): OperatorNotice[] {
  const { unsent, untold } = state;
  if (unsent) {
    if (!isDue(Date.parse(unsent.retryAt), now)) return [];
    state.unsent = undefined;
    return unsent.notices;
  }
  const notices: OperatorNotice[] = [];
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
        nextSteps(destination, counts),
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
      title: 'Dead letters have been waiting for a long time',
      severity: 'warning',
      text: [
        `The oldest dead letter of ${inCode(destination)} has needed a decision since ${oldestOpen(counts) ?? 'an unknown time'}.`,
        nextSteps(destination, counts),
      ].join('\n\n'),
    },
    priority: NOTICE_PRIORITY,
  };
}

/** More urgent than routine messages (3), less than what wakes people (1). */
const NOTICE_PRIORITY = 2;

function nextSteps(destination: Destination, counts: DeadLetterCounts): string {
  return [
    `Open dead letters there now: ${openCount(counts)}. List them:`,
    commandBlock(shellCommand('sendproof dead-letters', [], { destination })),
    'Retry them once the cause is fixed:',
    commandBlock(shellCommand('sendproof dead-letters retry', [], { destination })),
  ].join('\n\n');
}
