import type { AcknowledgedDelivery, Acknowledgement } from '../domain/acknowledgement.js';

/** The text of the note on an incident: one line, with the id by which the next attempt finds it. */
export function noteText({ data }: Acknowledgement, webhookId: string): string {
  const { by, deliveries, summary, why } = data;
  const person = by === undefined ? [] : [`by ${by}${why === undefined ? '' : `: ${why}`}`];
  return `sendproof: ${[summary, ...person, ...deliveries.map(deliveryText)].join(' — ')} (${webhookId})`;
}

/** Whether a note on an incident is one of these: what reports a post is not posted itself. */
export function isOwnNote(text: string): boolean {
  return /^sendproof: [\s\S]* \(msg_[\da-f-]{36}\)\s*$/.test(text);
}

function deliveryText({ destination, reason, receipt, status }: AcknowledgedDelivery): string {
  switch (status) {
    case 'confirmed':
      return `posted to ${destination}${receipt?.url === undefined ? '' : ` ${receipt.url}`}`;
    case 'dead_lettered':
      return `not posted to ${destination}, needs a decision: ${reason ?? 'unknown reason'}`;
    case 'standby':
      return `not needed: ${destination}`;
    default:
      return `${destination}: ${status}`;
  }
}
