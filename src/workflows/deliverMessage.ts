import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/index.js';
import type { Attempt, Receipt } from '../delivery.js';
import type { DeliverMessageInput, Destination } from '../message.js';
import { readDeliverFailure } from '../temporal/deliverFailure.js';
import { deliveryId } from '../temporal/names.js';
import { Acknowledgements } from './acknowledgement.js';
import { Delivery } from './delivery.js';
import { showDeadLetters, waitForDecision } from './parking.js';
import { discardSignal, retrySignal } from './signals.js';

/** The result of a message that was confirmed everywhere. */
export interface DeliverMessageResult {
  receipts: { destination: Destination; receipt: Receipt }[];
}

/** Four times the interval at which a slow `deliver` shows life. */
const HEARTBEAT_TIMEOUT_MS = 8_000;
/**
 * An attempt signs in, looks (as long as a request may take, and then finishes the page it is at), and posts. Were it
 * still under way when Temporal starts the next one, both could post. A lost worker is found out by its heartbeat.
 */
const REQUESTS_PER_ATTEMPT = 4;
/** Time to get going. */
const ATTEMPT_OVERHEAD_MS = 5_000;

/**
 * One message: delivers it to each of its destinations, independently, until each has confirmed or a person has discarded
 * it. What can't be delivered is parked: this workflow then stays open and waits for `retry` or `discard`.
 */
export async function deliverMessage(input: DeliverMessageInput): Promise<DeliverMessageResult> {
  const deliveries = input.deliveries.map((plan) => new Delivery(plan, attemptsBeforeReset()));
  const acknowledgements = new Acknowledgements(input, deliveries);
  setHandler(retrySignal, (request) => {
    for (const delivery of deliveries) delivery.decide('retry', request);
  });
  setHandler(discardSignal, (request) => {
    for (const delivery of deliveries) delivery.decide('discard', request);
  });

  // Settled, not all: a cancellation must let every delivery finish its tidying up.
  const outcomes = await Promise.allSettled(
    deliveries.map((delivery, index) =>
      seeThrough(delivery, index, input, deliveries, acknowledgements),
    ),
  );
  if (outcomes.every(({ status }) => status === 'fulfilled')) acknowledgements.tellEnding();
  await acknowledgements.underWay();
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;

  for (const delivery of deliveries) if (delivery.discarded) throw discardedFailure(delivery);
  return {
    receipts: deliveries.flatMap(({ destination, receipt }) =>
      receipt ? [{ destination, receipt }] : [],
    ),
  };
}

/**
 * A run that `temporal workflow reset` made has lost the attempts after the point of the reset; they are in the history of
 * the run before. One entry stands for them, so that this run looks before it posts.
 */
function attemptsBeforeReset(): Attempt[] {
  const { firstExecutionRunId, runId, startTime } = workflowInfo();
  if (runId === firstExecutionRunId) return [];
  const startedAt = startTime.toISOString();
  return [{ number: 1, startedAt, outcome: 'ambiguous', reason: 'outcome_unknown' }];
}

/** Delivers, and parks what could not be delivered, until it is confirmed or discarded. */
async function seeThrough(
  delivery: Delivery,
  index: number,
  input: DeliverMessageInput,
  all: Delivery[],
  acknowledgements: Acknowledgements,
): Promise<void> {
  for (;;) {
    await attemptDelivery(delivery, index, input);
    if (!delivery.deadLetter) return;

    acknowledgements.tellParked(delivery);
    await waitForDecision(delivery, delivery.deadLetter, all);
    acknowledgements.tellRetried(delivery);
    delivery.unpark();
    showDeadLetters(all);
    if (delivery.discarded) return;
  }
}

/** One activity, with all its retries: ends confirmed or as a dead letter. */
async function attemptDelivery(
  delivery: Delivery,
  index: number,
  { content, correlation, onAmbiguous, priority, traceId }: DeliverMessageInput,
): Promise<void> {
  const { destination, retry, taskQueue, fairnessKey, requestTimeoutMs } = delivery.plan;
  const { deliver } = proxyActivities<DeliveryActivities>({
    taskQueue,
    summary: destination,
    priority: { priorityKey: priority, fairnessKey },
    startToCloseTimeout: REQUESTS_PER_ATTEMPT * requestTimeoutMs + ATTEMPT_OVERHEAD_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    // An attempt that is under way ends with the platform's answer: a post that was made is not forgotten.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // The activity itself gives the delay, with jitter; this ladder is for attempts whose worker was lost.
    retry: {
      initialInterval: retry.initialDelayMs,
      backoffCoefficient: retry.factor,
      maximumInterval: retry.maximumDelayMs,
      maximumAttempts: retry.attempts,
    },
  });
  const scheduledAt = new Date();
  try {
    const { receipt, attempts } = await deliver({
      deliveryId: deliveryId(workflowInfo().firstExecutionRunId, index),
      destination,
      content,
      correlation,
      onAmbiguous,
      retry,
      traceId,
      earlierAttempts: delivery.attempts,
    });
    delivery.confirm(receipt, attempts);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const failure = readDeliverFailure(error.cause, {
      earlier: delivery.attempts,
      scheduledAt,
      attempts: retry.attempts,
      onAmbiguous,
    });
    delivery.park(failure, new Date());
  }
}

/** The end of a discarded message: Failed, with who gave it up and why. */
function discardedFailure({ destination, discarded }: Delivery): ApplicationFailure {
  const by = discarded?.by ?? 'somebody who gave no name';
  const why = discarded?.why ?? 'no reason given';
  return ApplicationFailure.nonRetryable(
    `Discarded by ${by}: ${why} (${destination}: ${discarded?.reason ?? 'dead letter'})`,
    'discarded',
  );
}
