import type { FailureReason } from './delivery.js';
import type { Destination } from './destination.js';

/** A delivery that needs a decision: retry or discard. */
export interface DeadLetter {
  reason: FailureReason;
  /** What happened, for a person to read. */
  detail: string;
  /** ISO 8601: parked since. */
  at: string;
}

/**
 * When the newest of these was parked, ISO 8601; undefined where there are none. A decision on what was parked by then leaves
 * alone what came after the count, whatever the clocks of others say.
 */
export function newestOf(counts: readonly { newest: string }[]): string | undefined {
  return counts
    .map(({ newest }) => newest)
    .sort()
    .at(-1);
}

/** What the memo `deadLetters` lists while a message is parked. */
export interface DeadLetterMemo extends DeadLetter {
  destination: Destination;
}
