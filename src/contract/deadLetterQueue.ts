import type { FailureReason } from '../domain/delivery.js';
import type { Destination } from '../domain/destination.js';
import type { OperatorNotice } from './notices.js';

/** How a message refers to its dead letter: never with content. */
export interface DeadLetterReference {
  deduplicationKey: string;
  reason: FailureReason;
  /** ISO 8601. */
  at: string;
}

/** The overview that `deadLetterQueue` keeps of its dead letters. The complete list is Temporal's visibility. */
export interface DeadLetterCounts {
  open: number;
  openByReason: Partial<Record<FailureReason, number>>;
  /**
   * How many of the open ones were parked in each hour, as `2026-11-24T09`. Enough to find the oldest, and bounded by the
   * number of hours. Without sendproof's own notices. Absent from the state of the queue's first version.
   */
  openByHour?: Record<string, number>;
  /** Since the queue began. */
  total: number;
  /** The newest last; at most `RECENT` of them. */
  recent: DeadLetterReference[];
}

/** The answer to the query `counts`. */
export interface DeadLetterOverview extends DeadLetterCounts {
  /** ISO 8601: when the oldest open one was parked. To the hour where it is not among the recent ones. */
  oldest: string | undefined;
  /** ISO 8601: when the newest open one was parked. */
  newest: string | undefined;
}

/** A person's decision on a whole queue. `by` and `reason` are kept with each message. */
export interface BulkRequest {
  by: string;
  /** Why. */
  reason: string;
  /** Without it, all dead letters of this queue. */
  filter?: {
    /** Only dead letters with this reason. */
    reason?: FailureReason;
    /** ISO 8601: only what was parked at or before this time; never later than now. */
    at?: string;
    /** Only dead letters of this tenant. */
    tenant?: string;
  };
  /** Makes the request idempotent: requests with the same id are one decision. By default a new id. */
  id?: string;
}

/** A decision on all matching dead letters of a queue, and its progress. */
export interface BulkDecision {
  id: string;
  action: 'retry' | 'discard';
  by: string;
  reason: string;
  filter: { reason?: FailureReason | undefined; at: string; tenant?: string | undefined };
  /** ISO 8601. */
  requestedAt: string;
  /** How many dead letters have received it so far. */
  decided: number;
  /** The position in Temporal's list; absent at the beginning and at the end. */
  cursor?: string | undefined;
  /** ISO 8601; absent while it is in progress. */
  finishedAt?: string | undefined;
}

/** The pending digest, and when operators were last notified; carried from run to run. Times are ISO 8601. */
export interface DigestState {
  /** Dead letters that no digest has reported yet. */
  untold?: { since: string; byReason: Partial<Record<FailureReason, number>> } | undefined;
  /** Notices that could not be sent. They are sent again, unchanged, before any other; new dead letters gather meanwhile. */
  unsent?: { notices: OperatorNotice[]; failures: number; retryAt: string } | undefined;
  /** When the last digest was sent. */
  toldAt?: string | undefined;
  /** When the last reminder of long-open dead letters was sent. */
  remindedAt?: string | undefined;
}

export interface DeadLetterQueueInput {
  destination: Destination;
  /** The counts of the previous run. */
  counts?: DeadLetterCounts;
  digest?: DigestState;
  decisions?: BulkDecision[];
}

/** The queue's memo, which can be read while no worker runs. */
export interface DeadLetterQueueMemo {
  decisions?: BulkDecision[];
}

export type DecideDeadLettersInput = { destination: Destination } & Pick<
  BulkDecision,
  'action' | 'by' | 'reason' | 'filter' | 'cursor'
>;

export interface DecideDeadLettersResult {
  /** How many dead letters received the decision. */
  decided: number;
  /** Where the next page begins; absent after the last one. */
  cursor?: string;
}

/** A part of the list of a destination's dead letters, in the order of the list. Both ends are cursors. */
export interface DeadLetterPage {
  /** Absent where the list begins. */
  cursor?: string;
  /** Absent where the list ends. */
  until?: string;
}

export type PlanDecisionInput = { destination: Destination } & Pick<
  BulkDecision,
  'filter' | 'cursor'
>;

export interface PlanDecisionResult {
  /** To be decided at the same time. Empty where nothing is left that the filter means. */
  pages: DeadLetterPage[];
  /** How many dead letters of each page may be decided in a second. */
  perSecond: number;
  /** Where the next plan begins; absent after the last one. */
  cursor?: string;
}

export type DecidePageInput = { destination: Destination; page: DeadLetterPage } & Pick<
  BulkDecision,
  'action' | 'by' | 'reason' | 'filter'
> &
  Pick<PlanDecisionResult, 'perSecond'>;

export type DecidePageResult = Pick<DecideDeadLettersResult, 'decided'>;
