import {
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  claimUpdate,
  conversationTurnSignal,
  reportSignal,
  type ConversationInput,
} from '../../contract/conversation.js';
import type { Workflows } from '../../contract/workflows.js';
import { ConversationOrder, type AddressedTurn } from './order.js';
import { faultOfClaim, isReport } from './wellFormed.js';

/**
 * A worker replays the whole history when it has forgotten the workflow, so it is kept short. A message takes some ten events, one
 * that waits some twenty.
 */
const EVENTS_PER_RUN = 1_000;

/**
 * One conversation at one destination: gives its messages their turns, and holds the receipts. It ends by itself when nothing
 * has happened for long, and the next message starts it anew. A message that has the turn, or waits for it, keeps it open.
 */
export async function conversation({ carried }: ConversationInput): Promise<void> {
  const order = new ConversationOrder(carried, Date.now());
  const isFull = () =>
    workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= EVENTS_PER_RUN;
  setHandler(claimUpdate, (claim) => order.claim(claim, Date.now()), {
    validator: (claim) => {
      const fault = faultOfClaim(claim);
      if (fault === undefined) return;
      throw ApplicationFailure.nonRetryable(`The claim ${fault}.`, 'claim_malformed');
    },
  });
  setHandler(reportSignal, (report) => {
    if (isReport(report)) order.report(report, Date.now());
  });

  for (;;) {
    await Promise.all(order.takeTurns().map((turn) => sendTurn(turn, order)));
    const now = Date.now();
    if (order.mayEnd(now)) return;
    if (isFull() && !order.hasTurns) break;
    const dueAt = order.nextDueAt();
    if (dueAt <= now) {
      order.passTime(now);
    } else {
      const isEarlier = () => order.hasTurns || isFull() || order.nextDueAt() < dueAt;
      await condition(isEarlier, dueAt - now);
    }
  }
  // The handlers answer at once, so none is in progress.
  await makeContinueAsNewFunc<Workflows['conversation']>()({ carried: order.state });
}

/** A message that has ended needs no turn. */
async function sendTurn(
  { message, ...turn }: AddressedTurn,
  order: ConversationOrder,
): Promise<void> {
  try {
    await getExternalWorkflowHandle(message).signal(conversationTurnSignal, turn);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.info('A message of the conversation has ended', { message, error });
    order.report({ deliveryId: turn.deliveryId, outcome: 'ended' }, Date.now());
  }
}
