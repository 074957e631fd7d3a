import { withDecider } from '../../domain/decider.js';
import type { z } from 'zod';
import type { DeliveryStage, MessageState } from '../../domain/messageState.js';
import { deliveryStatus } from '../../domain/messageState.js';
import type { messageStateSchema } from './messageRepresentation.js';

type MessageBody = z.infer<typeof messageStateSchema>;
type DeliveryBody = MessageBody['deliveries'][number];

/** What clients see of a message's state: each delivery flat, with the fields that apply to its stage. */
export function messageStateBody(state: MessageState): Omit<MessageBody, 'explanation' | 'links'> {
  return {
    ...state,
    deliveries: state.deliveries.map((delivery): DeliveryBody => {
      const { attempts, destination, fallbackFor, posted, stage } = delivery;
      return {
        destination,
        status: deliveryStatus(delivery),
        attempts: [...attempts],
        partsPosted: posted && { count: posted.count, of: posted.of },
        fallbackFor,
        ...stageFields(stage),
      };
    }),
    operatorActions: state.operatorActions.map(withDecider),
    ...(state.contentErased && { contentErased: withDecider(state.contentErased) }),
  };
}

function stageFields(
  stage: DeliveryStage,
): Omit<DeliveryBody, 'destination' | 'status' | 'attempts' | 'partsPosted' | 'fallbackFor'> {
  switch (stage.kind) {
    case 'standby':
    case 'accepted':
      return {};
    case 'queued': {
      const { detail, expectedAt, heldBack, reason, since } = stage;
      return { queuedSince: since, expectedAt, reason, detail, heldBack };
    }
    case 'attempting':
      return { reason: stage.reason, detail: stage.detail, attemptSince: stage.since };
    case 'retrying': {
      const { detail, heldBack, nextAttemptAt, reason } = stage;
      return { reason, detail, nextAttemptAt, heldBack };
    }
    case 'awaiting_turn':
      return { awaitingTurnSince: stage.since, behind: stage.behind };
    case 'superseded':
      return { supersededBy: stage.by };
    case 'confirmed':
      return { receipt: stage.receipt };
    case 'dead_lettered':
      return { reason: stage.reason, detail: stage.detail, parkedAt: stage.parkedAt };
    case 'discarded':
    case 'expired':
    case 'cancelled':
      return { reason: stage.reason, detail: stage.detail };
    case 'muted':
      return { mutedUntil: stage.until };
    case 'grouped':
      return { groupedIn: stage.message };
  }
}
