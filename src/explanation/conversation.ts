import { describeInConversation } from '../domain/inConversation.js';
import type { DeliveryState, MessageState } from '../domain/messageState.js';
import { explainDelivery } from './delivery.js';

/**
 * What became of one delivery, as it is said among the others of its conversation: shorter than its explanation where nothing
 * is wrong. Never contains the message's content.
 */
export function outcomeInConversation(
  delivery: DeliveryState,
  message: MessageState,
  now: Date,
): string {
  const { stage } = delivery;
  switch (stage.kind) {
    case 'confirmed':
      return stage.receipt.conversation
        ? describeInConversation(stage.receipt.conversation)
        : 'It is a post of its own.';
    case 'superseded':
      return `It was not posted: “${stage.by}” is newer, and is shown instead.`;
    case 'grouped':
      return stage.message === undefined
        ? 'It waits for the post of its group.'
        : `“${stage.message}” shows it, together with others.`;
    default:
      return explainDelivery(delivery, message, now);
  }
}
