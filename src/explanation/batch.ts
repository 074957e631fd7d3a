import type { BatchCounts, BatchStatus } from '../domain/batch.js';
import { formatTime } from './formatTime.js';
import { joinWithAnd } from './joinWithAnd.js';

/** Explains the state of a batch. A message that was accepted has a status of its own from then on. */
export function explainBatch(
  batch: {
    status: BatchStatus;
    total: number;
    counts: BatchCounts;
    acceptedAt: string;
    closedAt?: string | undefined;
  },
  now: Date,
): string {
  const { acceptedAt, closedAt, counts, status, total } = batch;
  const since = formatTime(acceptedAt, now);
  const until = closedAt === undefined ? '' : ` at ${formatTime(closedAt, now)}`;
  switch (status) {
    case 'queued':
      return `Queued since ${since}: ${messages(total)} stored, and none of them has been started.`;
    case 'starting':
      return `In progress since ${since}: ${outcomes(counts)}. ${messages(counts.queued)} still queued.`;
    case 'completed':
      return `Completed${until}: ${outcomes(counts)}. Each accepted message has a status of its own.`;
    case 'cancelled':
      return `Cancelled${until}: ${outcomes(counts)}. ${messages(counts.cancelled)} never started.`;
    case 'incomplete':
      return `Incomplete: its sender got no answer, and never sent the rest. No message was started. Send the batch again with the same key.`;
  }
}

function outcomes({ accepted, duplicate, refused }: BatchCounts): string {
  const parts = [
    `${accepted} accepted`,
    ...(duplicate > 0 ? [`${duplicate} ${duplicate === 1 ? 'duplicate' : 'duplicates'}`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  return joinWithAnd(parts);
}

function messages(count: number): string {
  return count === 1 ? '1 message is' : `${count} messages are`;
}
