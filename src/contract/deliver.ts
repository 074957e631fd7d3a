import type { Attempt, OnAmbiguous, Receipt, RetryProfile } from '../domain/delivery.js';
import type { Content, Correlation } from '../domain/message.js';
import type { RecordedDestination } from '../domain/destination.js';

export interface DeliverInput extends RecordedDestination {
  deliveryId: string;
  content: Content;
  correlation?: Correlation | undefined;
  onAmbiguous: OnAmbiguous;
  retry: RetryProfile;
  /** ISO 8601: when the message was accepted, or its `deliverAt`. Absent from inputs of earlier releases. */
  dueAt?: string | undefined;
  /** ISO 8601: nothing is posted after it. */
  expiresAt?: string | undefined;
  traceId: string;
  /** The attempts made before this activity was scheduled; empty the first time. */
  earlierAttempts: Attempt[];
  /** The number of the last attempt before a person's latest retry; by default, that of the last of `earlierAttempts`. */
  decidedUpTo?: number | undefined;
}

/** The result of a delivery. Where it fails, the ApplicationFailure has the reason as `type` and `[attempts, ending]` as details. */
export interface DeliverResult {
  receipt: Receipt;
  attempts: Attempt[];
}
