/** What became of a message, in plain words for a person who has no access to logs. */
import type { DeliveryStatus } from '../domain/delivery.js';
import { clock } from './clock.js';
import { explainDelivery } from './delivery.js';
import { listed } from './listed.js';
import {
  type DeliveryState,
  type MessageState,
  confirmedAt,
  deliveryStatus,
} from '../domain/messageState.js';

/** Of several deliveries, the first of these says most about what is to be done. */
const BY_URGENCY: readonly DeliveryStatus[] = [
  'dead_lettered',
  'delivering',
  'accepted',
  'expired',
  'discarded',
  'cancelled',
  'confirmed',
  'standby',
];

/**
 * The sentence about the delivery that says most, and of several how many are confirmed. Says nothing of the content.
 *
 * @param now what is past and what is to come, and whether a time needs its date
 */
export function explainMessage(message: MessageState, now: Date): string {
  const meant = message.deliveries.filter(({ stage }) => stage.kind !== 'standby');
  const [telling] = [...(meant.length > 0 ? meant : message.deliveries)].sort(
    (one, other) =>
      BY_URGENCY.indexOf(deliveryStatus(one)) - BY_URGENCY.indexOf(deliveryStatus(other)),
  );
  if (!telling) return `It is ${message.status}.`;
  if (meant.length === 1) return explainDelivery(telling, message, now);

  const confirmed = meant.filter(({ stage }) => stage.kind === 'confirmed');
  if (confirmed.length === meant.length) {
    return `Confirmed: posted ${listed(confirmed.map((each) => posted(each, now)))}. Nothing is left to do.`;
  }
  return `${explainDelivery(telling, message, now)} ${confirmed.length} of ${meant.length} destinations have confirmed it.`;
}

function posted(delivery: DeliveryState, now: Date): string {
  const at = confirmedAt(delivery);
  return `to ${delivery.destination}${at === undefined ? '' : ` at ${clock(at, now)}`}`;
}
