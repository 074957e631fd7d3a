/** Deliveries whose account was removed from the configuration: nobody polls its task queue, so they would wait for ever. */
import {
  ActivityFailure,
  CancelledFailure,
  isCancellation,
  patched,
  proxyActivities,
} from '@temporalio/workflow';
import type { WorkflowQueueActivities } from '../../contract/activities.js';
import type { AccountRemoved } from '../../contract/signals.js';
import { accountOf } from '../../domain/account.js';
import type { Delivery } from './delivery.js';

/** Longer than Temporal tells of a worker that has stopped. Without an answer, the account counts as served. */
const { isAccountServed } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '2 minutes',
});

/**
 * The first versions scheduled a retried delivery without asking. To be asked before `checkAccountOf` is called: even an `await`
 * that does nothing would let the other deliveries of the message go first.
 */
export function checksAccounts(): boolean {
  return patched('checks-account');
}

/** Before a person's retry: marks the delivery if its account was removed, so that it becomes a dead letter again. */
export async function checkAccountOf(delivery: Delivery): Promise<void> {
  try {
    if (!(await isAccountServed(accountOf(delivery.destination)))) delivery.markAccountRemoved();
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  }
}

/**
 * Marks the deliveries that wait for an account. One that has not begun is left alone: the account may be there again by then.
 * A signal that a worker of an earlier release has ignored is ignored by a replay too.
 *
 * @param request the input of the signal, which anyone may send
 */
export function markRemovedAccount(deliveries: readonly Delivery[], request: unknown): void {
  if (!patched('account-removed')) return;
  const { account, neverAttemptedUpTo } = (request ?? {}) as Partial<
    Record<keyof AccountRemoved, unknown>
  >;
  for (const delivery of deliveries) {
    const isMeant = accountOf(delivery.destination) === account;
    if (isMeant && delivery.stage.kind === 'delivering') {
      delivery.markAccountRemoved(isRecent(neverAttemptedUpTo));
    }
  }
}

/** No worker can begin to serve the account and complete an attempt that fails in this time, unnoticed. */
const RECENT_MS = 10_000;

function isRecent(time: unknown): boolean {
  return typeof time === 'string' && Date.now() - Date.parse(time) < RECENT_MS;
}

/** What Temporal says of an activity that no worker had when it was cancelled. */
const NOT_STARTED = 'ACTIVITY_ID_NOT_STARTED';

/** @param error of a cancelled activity */
export function wasCancelledInQueue(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof CancelledFailure && cause.details[0] === NOT_STARTED;
}
