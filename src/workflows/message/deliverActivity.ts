import {
  ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  patched,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { DeliveryActivities } from '../../contract/activities.js';
import { endedByTime, readDeliverFailure } from '../../contract/deliverFailure.js';
import type { RootFault } from '../../contract/conversation.js';
import type { DeliverConversation, DeliverInput, Turn } from '../../contract/deliver.js';
import { deliveryId, WORKFLOW_TASK_QUEUE } from '../../contract/names.js';
import { summary } from '../../contract/userMetadata.js';
import type { Attempt } from '../../domain/delivery.js';
import { isSealed } from '../../domain/sealedContent.js';
import type { ConversationTurns } from './conversationTurns.js';
import type { Delivery } from './delivery.js';
import { mayPostInParts } from './inParts.js';
import { wasCancelledInQueue } from './removedAccount.js';
import { millisecondsUntil } from './time.js';
import type { DeliverMessageInput } from '../../contract/deliverMessage.js';

/** Four times the interval at which a slow `deliver` sends heartbeats. */
const HEARTBEAT_TIMEOUT_MS = 8_000;
/**
 * An attempt signs in, searches (for as long as one request may take, and then finishes its page), and posts. Where the platform
 * refuses a token that can be renewed, it renews it and posts again. If an attempt were still running when Temporal starts the
 * next one, both could post. A lost worker is detected by its heartbeat.
 */
const REQUESTS_PER_ATTEMPT = 6;
/** For everything but the requests. */
const ATTEMPT_OVERHEAD_MS = 5_000;

/** A message of a conversation asks it before, and reports to it afterwards. */
const CONVERSATION_MS = 20_000;

/**
 * How long an activity may wait in its worker for an account that is unavailable. Long enough that those that were accepted
 * first are still first after most troubles. A worker that is lost meanwhile leaves an attempt of unknown outcome, so it is
 * not longer than that.
 */
const HOLD_MS = 5 * 60_000;
/**
 * The pause before a delivery that was held back is scheduled again, as a share of the time since that happened first. It
 * bounds the history, whose length then grows with the logarithm of the time: a delivery that is held back every three
 * seconds has some 1,600 events more after a year, one that is held back every five minutes some 1,100. Temporal ends a
 * workflow with 51,200.
 */
const PAUSE_SHARE = 0.1;

/**
 * Attempts a delivery until it is confirmed, has expired or is a dead letter. Each part of a message that takes several posts
 * is an activity of its own, so that the limits of the account's task queue hold for parts as for messages. While its whole
 * account is unavailable it is held back without using up attempts: in the account's task queue, or by the worker. The hold
 * ends with its cause.
 */
export async function attemptDelivery(
  delivery: Delivery,
  index: number,
  input: DeliverMessageInput,
  turns: ConversationTurns,
): Promise<void> {
  let heldSince: number | undefined;
  let rootFault: RootFault | undefined;
  for (;;) {
    const priority = delivery.refusedForAccount ? beforeOthers(input.priority) : input.priority;
    const run = () => runActivity(delivery, index, { ...input, priority }, { turns, rootFault });
    for (let result = await run(); result !== 'ended'; result = await run()) {
      heldSince = undefined;
      if (typeof result === 'object') rootFault = result.rootFault;
      if (delivery.stage.kind === 'awaiting_turn') {
        await turns.wait(delivery, index, input.expiresAt);
        if (delivery.isFinal) return;
      }
    }
    if (delivery.isFinal || delivery.stage.kind === 'dead_lettered') return;

    heldSince ??= Date.now();
    const leftMs = millisecondsUntil(input.expiresAt) ?? Number.POSITIVE_INFINITY;
    const pauseMs = pauseAfterHoldMs(Date.now() - heldSince, Math.random());
    await sleep(Math.min(leftMs, Math.max(pauseMs, retryAfterLeftMs(delivery))));
  }
}

/**
 * It was accepted before what waits in the queue, and would go behind that with its own priority. Only few deliveries may
 * have a raised one: Temporal hands out by priority first, also while they wait for the limit of their destination.
 */
function beforeOthers(priority: number): number {
  return Math.max(1, priority - 1);
}

/** What is left of the time that the platform asked the account to wait, which passes while the delivery is held back, too. */
function retryAfterLeftMs({ refusedForAccount: refused }: Delivery): number {
  if (refused?.retryAfterMs === undefined || refused.startedAt === undefined) return 0;
  const endedAt = Date.parse(refused.startedAt) + (refused.durationMs ?? 0);
  return Math.max(0, endedAt + refused.retryAfterMs - Date.now());
}

/**
 * @param heldMs how long ago the delivery was first held back
 * @param random a number in [0, 1)
 */
export function pauseAfterHoldMs(heldMs: number, random: number): number {
  return Math.ceil(1 + PAUSE_SHARE * heldMs * (0.75 + random / 2));
}

/**
 * One activity, with all its retries.
 *
 * @returns `part_posted` if it has posted a part, and others are left; `reply_left` if it has changed a post, and the short reply is
 *   left; `waits` if another message of its conversation goes first, or it is superseded; a fault of the post that it was to
 *   change or answer; `account_removed` if it was cancelled because no worker has its account
 */
async function runActivity(
  delivery: Delivery,
  index: number,
  input: DeliverMessageInput,
  { turns, rootFault }: { turns: ConversationTurns; rootFault: RootFault | undefined },
): Promise<
  'part_posted' | 'reply_left' | 'waits' | { rootFault: RootFault } | 'account_removed' | 'ended'
> {
  const { content, correlation, expiresAt, onAmbiguous, priority, traceId } = input;
  const { destination, parts, taskQueue, fairnessKey, requestTimeoutMs } = delivery.plan;
  const retry = { ...delivery.plan.retry, attempts: delivery.attemptsLeft };
  const leftMs = millisecondsUntil(expiresAt);
  if (leftMs === 0) {
    delivery.expireWithoutAttempt(new Date());
    return 'ended';
  }

  const requestsMs = REQUESTS_PER_ATTEMPT * requestTimeoutMs + ATTEMPT_OVERHEAD_MS;
  const conversation = conversationOf(delivery, input, { attemptMs: requestsMs, rootFault });
  const attemptMs = conversation ? requestsMs + CONVERSATION_MS : requestsMs;
  const activities = proxyActivities<DeliveryActivities>({
    // Nobody polls the task queue of an account that was removed.
    taskQueue: delivery.isAccountRemoved ? WORKFLOW_TASK_QUEUE : taskQueue,
    summary: summary('', destination),
    priority: { priorityKey: priority, fairnessKey },
    startToCloseTimeout: HOLD_MS + attemptMs,
    // An attempt refuses to post after the expiry. One that began just before it has time to report its outcome.
    ...(leftMs !== undefined && { scheduleToCloseTimeout: leftMs + attemptMs }),
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    // An attempt in progress ends with the platform's answer, so that the receipt of a post is never lost.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // The activity itself gives the delay, with jitter; this backoff is for attempts whose worker was lost.
    retry: {
      initialInterval: retry.initialDelayMs,
      backoffCoefficient: retry.factor,
      maximumInterval: retry.maximumDelayMs,
      maximumAttempts: retry.attempts,
    },
  });
  const inParts = mayPostInParts({ content, correlation });
  const scheduledAt = new Date();
  delivery.begin();
  const removal = { happened: false };
  const waiting = new CancellationScope();
  delivery.onAccountRemoved = () => {
    removal.happened = true;
    waiting.cancel();
  };
  try {
    const deliverInput: DeliverInput = {
      deliveryId: deliveryId(workflowInfo().firstExecutionRunId, index),
      destination,
      parts,
      content,
      correlation,
      onAmbiguous,
      retry,
      dueAt: dueAt(input),
      holdMs: HOLD_MS,
      expiresAt,
      traceId,
      earlierAttempts: delivery.attempts,
      decidedUpTo: delivery.decidedUpTo,
      posted: delivery.posted ?? (inParts ? null : undefined),
      ...(conversation && { conversation }),
    };
    turns.forget(index);
    const activity = activityFor(input, inParts && delivery.posted !== null);
    const result = await waiting.run(() => activities[activity](deliverInput));
    const { attempts } = result;
    if (result.turn) return takeTurn(delivery, result.turn, attempts);
    if (result.posted) {
      delivery.confirmParts(result.posted, attempts);
      return 'part_posted';
    }
    if (result.replyLeft) delivery.recordFirstRequest(attempts);
    else delivery.confirm(result.receipt, attempts);
    if (result.unreported) await turns.report(conversation?.id, result.unreported);
    if (result.replyLeft) return 'reply_left';
  } catch (error) {
    if (isCancellation(error) && removal.happened) {
      delivery.recordLostLog(scheduledAt, wasCancelledInQueue(error));
      return 'account_removed';
    }
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const failure = readDeliverFailure(error.cause, {
      earlier: delivery.attempts,
      scheduledAt,
      attempts: retry.attempts,
      onAmbiguous,
      decidedUpTo: delivery.decidedUpTo,
      posted: delivery.posted,
      timeIsUp: endedByTime(error),
    });
    if (failure.ending !== 'expired' && endsAsCancelled()) {
      throw new CancelledFailure('The attempt in progress failed after the cancellation.');
    }
    delivery.fail(failure, new Date());
  }
  return 'ended';
}

/**
 * Whether an attempt that fails now ends the delivery as cancelled: a cancellation was requested while it was in progress. The
 * first versions parked the delivery first, and reported a dead letter that nobody could decide on.
 */
function endsAsCancelled(): boolean {
  return CancellationScope.current().consideredCancelled && patched('cancelled-at-failure');
}

/** Workers of earlier releases know only the activities that they do right. */
function activityFor(
  { content, conversation }: DeliverMessageInput,
  isLaterPart: boolean,
): keyof DeliveryActivities {
  if (isSealed(content)) return 'deliverSealed';
  if (conversation?.hasOwnActivity) return 'deliverInConversation';
  return isLaterPart ? 'deliverPart' : 'deliver';
}

/** What the conversation answered. */
function takeTurn(
  delivery: Delivery,
  turn: Turn,
  attempts: Attempt[],
): 'waits' | 'ended' | { rootFault: RootFault } {
  switch (turn.kind) {
    case 'wait':
      delivery.awaitTurn(attempts);
      return 'waits';
    case 'superseded':
      delivery.awaitTurn(attempts);
      delivery.supersede(turn.by);
      return 'ended';
    case 'again':
      delivery.recordFirstRequest(attempts);
      return { rootFault: turn.rootFault };
  }
}

function conversationOf(
  { plan }: Delivery,
  { conversation }: DeliverMessageInput,
  attempt: Pick<DeliverConversation, 'attemptMs' | 'rootFault'>,
): DeliverConversation | undefined {
  if (!conversation || plan.conversationId === undefined) return undefined;
  const { acceptedAt, at, broadcast, forgetAfterMs, mode, patienceMs, rank } = conversation;
  const id = plan.conversationId;
  const place = { at, rank, acceptedAt };
  return { id, mode, ...place, broadcast, forgetAfterMs, patienceMs, ...attempt };
}

function dueAt({ deliverAt }: DeliverMessageInput): string {
  const { startTime } = workflowInfo();
  const due = Math.max(startTime.getTime(), deliverAt === undefined ? 0 : Date.parse(deliverAt));
  return new Date(due).toISOString();
}
