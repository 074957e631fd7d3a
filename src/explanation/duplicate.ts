import type { MessageStatus } from '../domain/delivery.js';
import { formatTime } from './formatTime.js';
import { joinWithAnd } from './joinWithAnd.js';

/** Tells the sender of a duplicate the status of the original message. */
export function explainDuplicate(
  original: {
    status: MessageStatus;
    acceptedAt: string;
    closedAt?: string | undefined;
    /** The fields of the duplicate that differ. */
    ignored?: readonly string[];
  },
  now: Date,
): string {
  const { acceptedAt, closedAt, ignored = [], status } = original;
  const since = closedAt === undefined ? '' : ` since ${formatTime(closedAt, now)}`;
  return `Duplicate: first accepted at ${formatTime(acceptedAt, now)}. That message is ${STATUS_WORDS[status]}${since}; nothing was posted again.${explainIgnored(ignored)}`;
}

function explainIgnored(ignored: readonly string[]): string {
  if (ignored.length === 0) return '';
  const isLater = ignored.includes('deliverAt') || ignored.includes('expiresAt');
  const remedy = isLater ? ' PATCH the message to change the times of one that has not begun.' : '';
  return ` What this one says of ${joinWithAnd([...ignored])} differs, and was ignored.${remedy}`;
}

const STATUS_WORDS: Record<MessageStatus, string> = {
  accepted: 'not yet started by a worker',
  delivering: 'still being delivered',
  confirmed: 'confirmed',
  dead_lettered: 'dead-lettered and needs a decision: retry or discard it',
  discarded: 'discarded by a person',
  expired: 'expired',
  cancelled: 'cancelled',
  muted: 'muted by its route',
  grouped: 'shown in the message of a group',
  superseded: 'superseded by a newer message of its conversation',
};
