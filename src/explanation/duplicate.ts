import type { MessageStatus } from '../domain/delivery.js';
import { clock } from './clock.js';

/** What the sender of a duplicate is told: what became of the original. */
export function explainDuplicate(
  original: { status: MessageStatus; acceptedAt: string; closedAt?: string | undefined },
  now: Date,
): string {
  const { acceptedAt, closedAt, status } = original;
  const since = closedAt === undefined ? '' : ` since ${clock(closedAt, now)}`;
  return `Duplicate: first accepted at ${clock(acceptedAt, now)}, and ${STANDING[status]}${since}; nothing was posted again.`;
}

const STANDING: Record<MessageStatus, string> = {
  accepted: 'not yet taken up by a worker',
  delivering: 'still being delivered',
  confirmed: 'confirmed',
  dead_lettered: 'waiting for a person, who has to retry or discard it',
  discarded: 'discarded by a person',
  expired: 'expired',
  cancelled: 'cancelled',
};
