import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { Attempt } from '../../domain/delivery.js';
import { Acknowledgements } from '../acknowledgement/acknowledgements.js';
import { attemptDelivery } from './deliverActivity.js';
import { Delivery } from './delivery.js';
import { messageFailure } from './messageFailure.js';
import { isNeeded } from './fallback.js';
import { endUnposted } from './unposted.js';
import { publishDeadLetters, waitForDecision } from './parking.js';
import { checkAccountOf, checksAccounts, markRemovedAccount } from './removedAccount.js';
import {
  accountRemovedSignal,
  discardSignal,
  rescheduleUpdate,
  retrySignal,
} from '../../contract/signals.js';
import { MessageSchedule } from './messageSchedule.js';
import type { RescheduleRequest } from '../../domain/rescheduling.js';
import type { DeliverMessageInput, DeliverMessageResult } from '../../contract/deliverMessage.js';

/**
 * One message: delivers it to each of its destinations, independently, until each has confirmed, has expired, or has been
 * discarded by a person. A delivery that fails is parked: this workflow then stays open and waits for `retry` or `discard`.
 * A cancellation stops what has not been sent.
 */
export async function deliverMessage(sent: DeliverMessageInput): Promise<DeliverMessageResult> {
  if (sent.unposted) return await endUnposted(sent.unposted);
  const schedule = new MessageSchedule(sent);
  const deliveries = sent.deliveries.map((plan) => new Delivery(plan, attemptLostByReset()));
  const acknowledgements = new Acknowledgements(sent, deliveries);
  setHandler(retrySignal, (request) => {
    for (const delivery of deliveries) delivery.decide('retry', request);
  });
  setHandler(discardSignal, (request) => {
    for (const delivery of deliveries) delivery.decide('discard', request);
  });
  setHandler(accountRemovedSignal, (request) => {
    markRemovedAccount(deliveries, request);
  });
  setHandler(rescheduleUpdate, (request) => schedule.change(request), {
    validator: (request: RescheduleRequest) => schedule.validate(request),
  });
  const input = { ...sent, ...(await schedule.begin()) };

  // allSettled, not all: after a cancellation every delivery still has to clean up.
  const outcomes = await Promise.allSettled(
    deliveries.map((delivery, index) =>
      deliverUntilFinal(delivery, index, { input, all: deliveries, acknowledgements }),
    ),
  );
  if (outcomes.every(({ status }) => status === 'fulfilled')) acknowledgements.acknowledgeEnd();
  await acknowledgements.allStarted();
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;

  const failure = messageFailure(deliveries);
  if (failure) throw failure;
  return {
    receipts: deliveries.flatMap(({ destination, stage }) =>
      stage.kind === 'confirmed' ? [{ destination, receipt: stage.receipt }] : [],
    ),
  };
}

/**
 * A run made by `temporal workflow reset` doesn't know the attempts after the point of the reset: they are in the history
 * of the run before. One ambiguous entry stands for them, so that this run searches before it posts.
 */
function attemptLostByReset(): Attempt[] {
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

/** Delivers, and parks the delivery when it fails, until it is confirmed, has expired or is discarded. */
async function deliverUntilFinal(
  delivery: Delivery,
  index: number,
  { input, all, acknowledgements }: MessageContext,
): Promise<void> {
  if (!(await isNeeded(delivery, all))) {
    delivery.markNotNeeded();
    return;
  }
  for (;;) {
    await attemptDelivery(delivery, index, input);
    if (delivery.stage.kind === 'dead_lettered') {
      acknowledgements.acknowledgeDeadLetter(delivery);
      await waitForDecision(delivery, delivery.stage.deadLetter, all, input.expiresAt);
      acknowledgements.acknowledgeRetry(delivery);
      delivery.applyDecision(new Date());
    }
    if (delivery.stage.kind !== 'confirmed') publishDeadLetters(all);
    if (delivery.isFinal) return;
    if (checksAccounts()) await checkAccountOf(delivery);
  }
}
