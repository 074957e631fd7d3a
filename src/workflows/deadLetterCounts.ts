import type { FailureReason } from '../delivery.js';
import type { DeadLetterReference } from './signals.js';

/** What `deadLetterQueue` knows of its dead letters. The whole list is Temporal's visibility; this is the overview. */
export interface DeadLetterCounts {
  open: number;
  openByReason: Partial<Record<FailureReason, number>>;
  /** Since the queue began. */
  total: number;
  /** The newest last; at most `RECENT` of them. */
  recent: DeadLetterReference[];
}

const RECENT = 100;

export function emptyCounts(): DeadLetterCounts {
  return { open: 0, openByReason: {}, total: 0, recent: [] };
}

export function countDeadLetter(counts: DeadLetterCounts, reference: DeadLetterReference): void {
  counts.open += 1;
  counts.total += 1;
  counts.openByReason[reference.reason] = (counts.openByReason[reference.reason] ?? 0) + 1;
  counts.recent = [...counts.recent, reference].slice(-RECENT);
}

export function countResolved(counts: DeadLetterCounts, reference: DeadLetterReference): void {
  const ofReason = (counts.openByReason[reference.reason] ?? 0) - 1;
  counts.open = Math.max(0, counts.open - 1);
  if (ofReason > 0) counts.openByReason[reference.reason] = ofReason;
  else Reflect.deleteProperty(counts.openByReason, reference.reason);
  counts.recent = counts.recent.filter(
    ({ deduplicationKey, at }) =>
      deduplicationKey !== reference.deduplicationKey || at !== reference.at,
  );
}
