import type { MessageStatus } from '../domain/delivery.js';
import { formatTime } from './formatTime.js';

/** Tells the sender of a duplicate the status of the original message. */
export function explainDuplicate(
  original: { status: MessageStatus; acceptedAt: string; closedAt?: string | undefined },
  now: Date,
): string {
  const { acceptedAt, closedAt, status } = original;
  const since = closedAt === undefined ? '' : ` since ${formatTime(closedAt, now)}`;
  return `Duplicate: first accepted at ${formatTime(acceptedAt, now)}. That message is ${STATUS_WORDS[status]}${since}; nothing was posted again.`;
}

const STATUS_WORDS: Record<MessageStatus, string> = {
  accepted: 'not yet started by a worker',
  delivering: 'still being delivered',
  confirmed: 'confirmed',
  dead_lettered: 'dead-lettered and needs a decision: retry or discard it',
  discarded: 'discarded by a person',
  expired: 'expired',
  cancelled: 'cancelled',
};
