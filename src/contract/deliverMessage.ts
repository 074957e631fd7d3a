import type { Content, Correlation } from '../domain/message.js';
import type { RetryProfile, OnAmbiguous, Receipt } from '../domain/delivery.js';
import type { AcknowledgementPlan } from '../domain/acknowledgement.js';
import type { Destination, RecordedDestination } from '../domain/destination.js';

/** One destination of a message with all that its delivery was promised at acceptance. */
export interface DeliveryPlan extends RecordedDestination {
  /** The account's task queue. */
  taskQueue: string;
  /** The destination, hashed where it exceeds the 64 bytes that Temporal allows. */
  fairnessKey: string;
  retry: RetryProfile;
  /** How long one request to the platform may take. */
  requestTimeoutMs: number;
  /** A fallback: the index of the delivery that it stands in for. */
  fallbackFor?: number | undefined;
  /** How long that one may take to confirm before this one is used too. */
  fallbackAfterMs?: number | undefined;
}

/** The input of the `deliverMessage` workflow. The workflow's id is the message's deduplication key. */
export interface DeliverMessageInput {
  content: Content;
  correlation?: Correlation | undefined;
  priority: number;
  onAmbiguous: OnAmbiguous;
  deliveries: DeliveryPlan[];
  /** ISO 8601: not posted before. */
  deliverAt?: string | undefined;
  /** ISO 8601: never posted after. */
  expiresAt?: string | undefined;
  /** Who is told what becomes of it; empty or absent where nobody asked to be. */
  acknowledgements?: AcknowledgementPlan[] | undefined;
  /** 32 hex digits: continued from the source's `traceparent` or begun by the API. */
  traceId: string;
}

/** What the workflow's memo keeps from its start. */
export interface MessageMemo {
  /** Field name → hash of the field: tells a duplicate from a key that was used for other content. */
  fingerprint: Record<string, string>;
  /** Drawn anew for each start, so that of several concurrent identical starts the one that took effect knows itself. */
  startToken: string;
}

/** The result of a message that was confirmed everywhere. */
export interface DeliverMessageResult {
  receipts: { destination: Destination; receipt: Receipt }[];
}
