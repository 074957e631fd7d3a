import type {
  Attempt,
  OnAmbiguous,
  PostedParts,
  Receipt,
  RetryProfile,
} from '../domain/delivery.js';
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
  /**
   * How long the activity may wait in the worker for its account to be available, in milliseconds, before it returns the
   * delivery to its workflow. Absent from inputs of earlier releases, whose time limit leaves no room for a wait.
   */
  holdMs?: number | undefined;
  /** ISO 8601: nothing is posted after it. */
  expiresAt?: string | undefined;
  traceId: string;
  /** The attempts made before this activity was scheduled; empty the first time. */
  earlierAttempts: Attempt[];
  /** The number of the last attempt before a person's latest retry; by default, that of the last of `earlierAttempts`. */
  decidedUpTo?: number | undefined;
  /**
   * The parts of the message that are posted already; null while there are none. Absent where the message is posted in one part:
   * where it surely fits, and from inputs of earlier releases, whose workflows schedule one activity for the whole message.
   */
  posted?: PostedParts | null | undefined;
}

/**
 * The result of a delivery, or of one part of it. Where it fails, the ApplicationFailure has the reason as `type` and
 * `[attempts, ending]` as details.
 */
export interface DeliverResult {
  /** Of the first part, where there are several. */
  receipt: Receipt;
  attempts: Attempt[];
  /** Set while parts are left to post: the workflow schedules the activity again. */
  posted?: PostedParts | undefined;
}
