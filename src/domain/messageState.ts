import type { Content, Correlation } from './message.js';
import type { Destination } from './destination.js';
import type { DeliveryStatus, Attempt, Receipt, FailureReason, MessageStatus } from './delivery.js';
import type { AcknowledgementEvent, AcknowledgementRecipient } from './acknowledgement.js';
import type { DeadLetterMemo } from './deadLetter.js';

export interface DeliveryState {
  destination: Destination;
  status: DeliveryStatus;
  attempts: Attempt[];
  receipt?: Receipt | undefined;
  /** Why the last failed attempt failed, or why it is parked. */
  reason?: FailureReason | undefined;
  /** The same in words. */
  detail?: string | undefined;
  /** When the next attempt is due, while one is waited for. */
  nextAttemptAt?: string | undefined;
  /** While the first attempt since it was accepted, or retried, waits for its turn. */
  queuedSince?: string | undefined;
  /** While an attempt is under way. */
  attemptSince?: string | undefined;
  /** Why its account's queue is held back, while it waits in it. */
  heldBack?: string | undefined;
  /** While it waits for a person. */
  parkedAt?: string | undefined;
  /** A fallback: the destination that it stands in for. */
  fallbackFor?: Destination | undefined;
}

/** What a person did. */
export interface OperatorAction {
  action: 'retry' | 'discard' | 'cancel';
  at: string;
  by?: string | undefined;
  reason?: string | undefined;
  destination?: string | undefined;
}

export interface MessageState extends MessageSummary {
  deliveries: DeliveryState[];
  operatorActions: OperatorAction[];
  /** Not posted before. */
  deliverAt?: string | undefined;
  /** Not posted after. */
  expiresAt?: string | undefined;
  /** How the workflow ended, where it didn't end confirmed. */
  failure?: string | undefined;
}

/** What happened to a delivery, besides its attempts. */
export interface DeliveryMoment {
  /** `queued`: given to its account's queue, at first or again. */
  kind: 'queued' | 'dead_lettered' | 'expired';
  at: string;
  destination: Destination;
  reason?: FailureReason | undefined;
  detail?: string | undefined;
}

/** What a list shows of a message. */
export interface MessageSummary {
  deduplicationKey: string;
  status: MessageStatus;
  destinations: string[];
  source?: string | undefined;
  reference?: string | undefined;
  traceId?: string | undefined;
  acceptedAt: string;
  closedAt?: string | undefined;
  deadLetters: DeadLetterMemo[];
}

/** One acknowledgement of a message to one recipient. */
export interface AcknowledgementState {
  /** The id of its workflow. */
  workflowId: string;
  event: AcknowledgementEvent;
  via: AcknowledgementRecipient['kind'];
  /** For people: `hooks.example.com`, or `PagerDuty incident Q1ABC`. */
  recipient: string;
  /** ISO 8601: when what it tells of happened. */
  at: string;
  /** `forgotten`: its workflow's retention has ended, so nobody knows any more. */
  status: 'pending' | 'delivered' | 'failed' | 'forgotten';
  attempts: number;
  /** ISO 8601: delivered, or given up. */
  closedAt?: string | undefined;
  /** ISO 8601: while it waits for its next attempt. */
  nextAttemptAt?: string | undefined;
  /** What the last failed attempt came to, in words. */
  lastError?: string | undefined;
}

/** When it was posted, or found to be: the end of the last attempt. */
export function confirmedAt({ attempts }: Pick<DeliveryState, 'attempts'>): string | undefined {
  const { startedAt, durationMs } = attempts.at(-1) ?? {};
  return startedAt && new Date(Date.parse(startedAt) + (durationMs ?? 0)).toISOString();
}

/** All that is known of a message. */
export interface MessageRecord {
  state: MessageState;
  /** In time order. */
  moments: DeliveryMoment[];
  content: Content;
  correlation: Correlation | undefined;
  runId: string;
}
