import { setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import type { Attempt } from '../../domain/delivery.js';
import { Acknowledgements } from '../acknowledgement/acknowledgement.js';
import { attemptDelivery } from './deliverActivity.js';
import { Delivery } from './delivery.js';
import { unconfirmedEnding } from './ending.js';
import { isNeeded } from './fallback.js';
import { showDeadLetters, waitForDecision } from './parking.js';
import { discardSignal, retrySignal } from '../../contract/signals.js';
import { millisecondsUntil } from './time.js';
import type { DeliverMessageInput, DeliverMessageResult } from '../../contract/deliverMessage.js';

/**
 * One message: delivers it to each of its destinations, independently, until each has confirmed, has expired, or has been
 * discarded by a person. What can't be delivered is parked: this workflow then stays open and waits for `retry` or
 * `discard`. A cancellation stops what has not been sent.
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
  await notBefore(input.deliverAt);

  // Settled, not all: a cancellation must let every delivery finish its tidying up.
  const outcomes = await Promise.allSettled(
    deliveries.map((delivery, index) =>
      seeThrough(delivery, index, { input, all: deliveries, acknowledgements }),
    ),
  );
  if (outcomes.every(({ status }) => status === 'fulfilled')) acknowledgements.tellEnding();
  await acknowledgements.underWay();
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;

  const failure = unconfirmedEnding(deliveries);
  if (failure) throw failure;
  return {
    receipts: deliveries.flatMap(({ destination, receipt }) =>
      receipt ? [{ destination, receipt }] : [],
    ),
  };
}

/** Temporal itself delays the start; but some of what reaches a workflow ends that delay. */
async function notBefore(deliverAt: string | undefined): Promise<void> {
  const earlyMs = millisecondsUntil(deliverAt) ?? 0;
  if (earlyMs > 0) await sleep(earlyMs);
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

interface MessageContext {
  input: DeliverMessageInput;
  all: Delivery[];
  acknowledgements: Acknowledgements;
}

/** Delivers, and parks what could not be delivered, until it is confirmed, expired or discarded. */
async function seeThrough(
  delivery: Delivery,
  index: number,
  { input, all, acknowledgements }: MessageContext,
): Promise<void> {
  if (!(await isNeeded(delivery, all))) {
    delivery.standDown();
    return;
  }
  for (;;) {
    await attemptDelivery(delivery, index, input);
    if (delivery.deadLetter) {
      acknowledgements.tellParked(delivery);
      await waitForDecision(delivery, delivery.deadLetter, all, input.expiresAt);
      acknowledgements.tellRetried(delivery);
      delivery.unpark(new Date());
    }
    if (!delivery.receipt) showDeadLetters(all);
    if (delivery.isOver) return;
  }
}
