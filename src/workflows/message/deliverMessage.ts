import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { Attempt } from '../../domain/delivery.js';
import { Acknowledgements } from '../acknowledgement/acknowledgements.js';
import { attemptDelivery } from './deliverActivity.js';
import { ConversationTurns } from './conversationTurns.js';
import { Delivery } from './delivery.js';
import { isSuperseded, messageFailure } from './messageFailure.js';
import { isNeeded } from './fallback.js';
import { endUnposted } from './unposted.js';
import { publishDeadLetters, publishSuperseded, waitForDecision } from './parking.js';
import { Resolutions } from './resolutions.js';
import { checkAccountOf, checksAccounts, markRemovedAccount } from './removedAccount.js';
import {
  accountRemovedSignal,
  discardSignal,
  rescheduleUpdate,
  retrySignal,
} from '../../contract/signals.js';
import { MessageSchedule } from './messageSchedule.js';
import type { RescheduleRequest } from '../../domain/rescheduling.js';
import {
  readMessageInput,
  withinRetention,
  type DeliverMessageInput,
  type DeliverMessageResult,
  type StoredMessageInput,
} from '../../contract/deliverMessage.js';

/**
 * One message: delivers it to each of its destinations, independently, until each has confirmed, has expired, or has been
 * discarded by a person. A delivery that fails is parked: this workflow then stays open and waits for `retry` or `discard`.
 * A cancellation stops what has not been sent.
 */
export async function deliverMessage(stored: StoredMessageInput): Promise<DeliverMessageResult> {
  const sent = readMessageInput(stored);
  if (sent.unposted) return await endUnposted(sent.unposted);
  const schedule = new MessageSchedule(sent);
  const deliveries = sent.deliveries.map((plan) => new Delivery(plan, attemptLostByReset()));
  const acknowledgements = new Acknowledgements(sent, deliveries);
  const turns = new ConversationTurns(sent);
  const resolutions = new Resolutions();
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
  const input = withinRetention({ ...sent, ...(await schedule.begin()) });

  // allSettled, not all: after a cancellation every delivery still has to clean up.
  const outcomes = await Promise.allSettled(
    deliveries.map((delivery, index) =>
      deliverUntilFinal(delivery, index, {
        ...{ input, acknowledgements, turns, resolutions },
        all: deliveries,
      }),
    ),
  );
  if (outcomes.every(({ status }) => status === 'fulfilled')) acknowledgements.acknowledgeEnd();
  await acknowledgements.allStarted();
  await resolutions.allSent();
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;

  const failure = messageFailure(deliveries);
  if (failure) throw failure;
  if (isSuperseded(deliveries)) publishSuperseded();
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
  turns: ConversationTurns;
  resolutions: Resolutions;
}

/** Delivers it, and has its conversation wait for it no longer than that. */
async function deliverUntilFinal(
  delivery: Delivery,
  index: number,
  context: MessageContext,
): Promise<void> {
  const { all, turns } = context;
  if (!(await isNeeded(delivery, all))) {
    delivery.markNotNeeded();
    return;
  }
  if (delivery.plan.conversationId === undefined) {
    await deliverOrPark(delivery, index, context);
    return;
  }
  try {
    await deliverOrPark(delivery, index, context);
  } finally {
    const { kind } = delivery.stage;
    if (kind !== 'confirmed' && kind !== 'superseded') await turns.reportEnded(delivery, index);
  }
}

/** Delivers, and parks the delivery when it fails, until it is confirmed, superseded, has expired or is discarded. */
async function deliverOrPark(
  delivery: Delivery,
  index: number,
  { input, all, acknowledgements, turns, resolutions }: MessageContext,
): Promise<void> {
  const { expiresAt } = input;
  for (;;) {
    let accountIsServed = false;
    await attemptDelivery(delivery, index, input, turns);
    if (delivery.stage.kind === 'dead_lettered') {
      if (delivery.plan.conversationId !== undefined) await turns.reportParked(delivery, index);
      acknowledgements.acknowledgeDeadLetter(delivery);
      ({ accountIsServed } = await waitForDecision(delivery, delivery.stage.deadLetter, {
        ...{ all, expiresAt, resolutions },
      }));
      acknowledgements.acknowledgeRetry(delivery);
      delivery.applyDecision(new Date());
    }
    const { kind } = delivery.stage;
    if (kind !== 'confirmed' && kind !== 'superseded') publishDeadLetters(all);
    if (delivery.isFinal) return;
    if (checksAccounts() && !accountIsServed) await checkAccountOf(delivery);
  }
}
