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

/** What the memo `deadLetters` lists while a message is parked. */
export interface DeadLetterMemo extends DeadLetter {
  destination: Destination;
}
