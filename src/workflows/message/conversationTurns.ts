import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  conversationTurnSignal,
  reportSignal,
  type ConversationReport,
  type ConversationTurn,
} from '../../contract/conversation.js';
import type { DeliverMessageInput } from '../../contract/deliverMessage.js';
import { deliveryId } from '../../contract/names.js';
import type { Delivery } from './delivery.js';
import { millisecondsUntil } from './time.js';

/** Beyond the patience of the conversation, so that the two don't ask each other at the same moment. */
const LATER_MS = 5_000;
/** A wait gets longer each time, up to the patience or this. A turn that comes ends it at once. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

/**
 * The turns of a message's deliveries in their conversations. A delivery that gets no turn, as when its conversation was
 * terminated, asks again by itself.
 */
export class ConversationTurns {
  readonly #input: DeliverMessageInput;
  readonly #turns = new Map<string, ConversationTurn>();
  readonly #waits = new Map<string, number>();

  constructor(input: DeliverMessageInput) {
    this.#input = input;
    if (!input.conversation) return;
    setHandler(conversationTurnSignal, (turn: unknown) => {
      if (isTurn(turn)) this.#turns.set(turn.deliveryId, turn);
    });
  }

  /** The activity is about to ask: what it was told before doesn't count any more. */
  forget(index: number): void {
    this.#turns.delete(idOf(index));
  }

  /** Waits until the delivery may ask again, is superseded, or expires. */
  async wait(delivery: Delivery, index: number, expiresAt: string | undefined): Promise<void> {
    const id = idOf(index);
    const waits = (this.#waits.get(id) ?? 0) + 1;
    this.#waits.set(id, waits);
    const patienceMs = this.#input.conversation?.patienceMs ?? 0;
    const growingMs = Math.min(patienceMs * 2 ** (waits - 1), LONGEST_WAIT_MS);
    const longestMs = Math.max(patienceMs, growingMs) + LATER_MS;
    const leftMs = millisecondsUntil(expiresAt) ?? Number.POSITIVE_INFINITY;
    // The SDK gives a time-out of zero a meaning of its own.
    await condition(() => this.#turns.has(id), Math.max(1, Math.min(longestMs, leftMs)));
    const supersededBy = this.#turns.get(id)?.supersededBy;
    if (supersededBy !== undefined) delivery.supersede(supersededBy);
  }

  /** The conversation waits for a person's decision on this delivery. Not stopped by cancellation. */
  async reportParked({ plan, posted }: Delivery, index: number): Promise<void> {
    const { conversation } = this.#input;
    if (!conversation) return;
    await this.report(plan.conversationId, {
      deliveryId: idOf(index),
      outcome: 'parked',
      message: workflowInfo().workflowId,
      patienceMs: conversation.patienceMs,
      receipt: posted?.receipt,
    });
  }

  /** The conversation waits for this delivery no longer. Not stopped by cancellation. */
  async reportEnded({ plan }: Delivery, index: number): Promise<void> {
    if (!this.#input.conversation) return;
    await this.report(plan.conversationId, { deliveryId: idOf(index), outcome: 'ended' });
  }

  /** A conversation that has ended needs no report. */
  async report(conversationId: string | undefined, report: ConversationReport): Promise<void> {
    if (conversationId === undefined) return;
    await CancellationScope.nonCancellable(async () => {
      try {
        await getExternalWorkflowHandle(conversationId).signal(reportSignal, report);
      } catch (error) {
        if (isCancellation(error)) throw error;
        log.info('The conversation has ended', { conversationId, error });
      }
    });
  }
}

function idOf(index: number): string {
  return deliveryId(workflowInfo().firstExecutionRunId, index);
}

/** Anyone may send a signal. */
function isTurn(turn: unknown): turn is ConversationTurn {
  if (typeof turn !== 'object' || turn === null) return false;
  const { deliveryId: id, supersededBy } = turn as Record<string, unknown>;
  return typeof id === 'string' && (supersededBy === undefined || typeof supersededBy === 'string');
}
