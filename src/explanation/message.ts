/** Explains the status of a message to a person who has no access to logs. */
import type { DeliveryStatus, Receipt } from '../domain/delivery.js';
import { describeErasure } from '../domain/sealedContent.js';
import { describeShortening } from '../domain/shortening.js';
import { formatTime } from './formatTime.js';
import { explainDelivery } from './delivery.js';
import { joinWithAnd } from './joinWithAnd.js';
import {
  type DeliveryState,
  type MessageState,
  confirmedAt,
  deliveryStatus,
  labelIn,
} from '../domain/messageState.js';

/** Of several deliveries, the one whose status comes first here is explained. */
const BY_URGENCY: readonly DeliveryStatus[] = [
  'dead_lettered',
  'delivering',
  'accepted',
  'expired',
  'discarded',
  'cancelled',
  'confirmed',
  'muted',
  'grouped',
  'superseded',
  'standby',
];

/**
 * Explains the most urgent delivery and, where there are several, says how many are confirmed. Never contains the message's
 * content.
 *
 * @param now decides whether a time is past, and whether it is written with its date
 */
export function explainMessage(message: MessageState, now: Date): string {
  const { contentErased } = message;
  const outcome = explainOutcome(message, now);
  return contentErased
    ? `${outcome} Its content was erased ${describeErasure(contentErased)}.`
    : outcome;
}

function explainOutcome(message: MessageState, now: Date): string {
  const used = message.deliveries.filter(({ stage }) => stage.kind !== 'standby');
  const [mostUrgent] = [...(used.length > 0 ? used : message.deliveries)].sort(
    (one, other) =>
      BY_URGENCY.indexOf(deliveryStatus(one)) - BY_URGENCY.indexOf(deliveryStatus(other)),
  );
  if (!mostUrgent) return `The message is ${message.status}.`;
  if (used.length === 1 || isUnposted(mostUrgent)) return explainDelivery(mostUrgent, message, now);

  const confirmed = used.filter(({ stage }) => stage.kind === 'confirmed');
  if (confirmed.length === used.length) {
    const isShortened = confirmed.some((each) => receiptOf(each).shortened !== undefined);
    const whole = isShortened ? ' The message’s page shows the whole.' : '';
    return `Confirmed: posted ${joinWithAnd(confirmed.map((each) => postedTo(each, message, now)))}.${whole} Nothing is left to do.`;
  }
  if (mostUrgent.stage.kind === 'superseded') return explainDelivery(mostUrgent, message, now);
  const superseded = used.filter(({ stage }) => stage.kind === 'superseded').length;
  const others =
    superseded === 0
      ? ''
      : `, and ${superseded} ${superseded === 1 ? 'shows' : 'show'} a newer one`;
  const explained = explainDelivery(mostUrgent, message, now);
  // A fallback is no destination of its own: it stands in for one.
  const primaries = used.filter(({ fallbackFor }) => fallbackFor === undefined);
  const direct = primaries.filter(({ stage }) => stage.kind === 'confirmed');
  const replaced = primaries.filter(
    (each) => each.stage.kind !== 'confirmed' && helperOf(each, confirmed) !== undefined,
  );
  if (primaries.length === 1) {
    const itself = direct.length === 1 ? ' The destination itself has confirmed it.' : '';
    return `${explained}${itself}${explainFallbacks(mostUrgent, confirmed, message)}`;
  }
  const through = replaced.length === 0 ? '' : `, and ${replaced.length} through a fallback`;
  return `${explained} ${direct.length} of ${primaries.length} destinations have confirmed it${through}${others}.`;
}

/** The fallback that has confirmed what was meant for this destination. */
function helperOf(
  { destination }: DeliveryState,
  confirmed: readonly DeliveryState[],
): DeliveryState | undefined {
  return confirmed.find(({ fallbackFor }) => fallbackFor === destination);
}

/** What became of the fallbacks of the only destination. Of a dead letter its explanation says it. */
function explainFallbacks(
  delivery: DeliveryState,
  confirmed: readonly DeliveryState[],
  message: MessageState,
): string {
  const helper = helperOf(delivery, confirmed);
  if (!helper || delivery.stage.kind === 'dead_lettered') return '';
  return ` Its fallback ${labelIn(message, helper.destination)} confirmed it.`;
}

/** Of an event that is not posted by itself, all deliveries say the same. */
function isUnposted({ stage }: DeliveryState): boolean {
  return stage.kind === 'muted' || stage.kind === 'grouped';
}

function postedTo(delivery: DeliveryState, message: MessageState, now: Date): string {
  const at = confirmedAt(delivery);
  const { parts, shortened } = receiptOf(delivery);
  return [
    `to ${labelIn(message, delivery.destination)}`,
    parts === undefined ? '' : ` in ${parts} parts`,
    at === undefined ? '' : ` at ${formatTime(at, now)}`,
    shortened === undefined ? '' : ` (${describeShortening(shortened)})`,
  ].join('');
}

function receiptOf({ stage }: DeliveryState): Receipt {
  return stage.kind === 'confirmed' ? stage.receipt : {};
}
