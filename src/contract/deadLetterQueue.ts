import type { FailureReason } from '../domain/delivery.js';
import type { Destination } from '../domain/destination.js';

/** How a message refers to its dead letter: never with content. */
export interface DeadLetterReference {
  deduplicationKey: string;
  reason: FailureReason;
  /** ISO 8601. */
  at: string;
}

/** What `deadLetterQueue` knows of its dead letters. The whole list is Temporal's visibility; this is the overview. */
export interface DeadLetterCounts {
  open: number;
  openByReason: Partial<Record<FailureReason, number>>;
  /**
   * How many of the open ones were parked in which hour, as `2026-11-24T09`: all that is needed to know the oldest, and
   * bounded by the hours that they wait. Without sendproof's own notices. Absent in what the first form of the queue left.
   */
  openByHour?: Record<string, number>;
  /** Since the queue began. */
  total: number;
  /** The newest last; at most `RECENT` of them. */
  recent: DeadLetterReference[];
}

/** The answer to the query `counts`. */
export interface DeadLetterOverview extends DeadLetterCounts {
  /** ISO 8601: since when the oldest open one waits. To the hour where it is not among the recent ones. */
  oldest: string | undefined;
  /** ISO 8601: when the newest open one was parked. */
  newest: string | undefined;
}

/** What a person asks of a whole queue. Who and why are kept with each message. */
export interface BulkRequest {
  by: string;
  /** Why. */
  reason: string;
  /** Without it, all that waits in this queue. */
  filter?: {
    /** Only what is parked for this reason. */
    reason?: FailureReason;
    /** ISO 8601: only what was parked by then; never later than now. */
    at?: string;
  };
  /** Asked twice with the same one, it is one decision. By default a new one. */
  id?: string;
}

/** A decision on all that waits in a queue, and how far it has come. */
export interface BulkDecision {
  id: string;
  action: 'retry' | 'discard';
  by: string;
  reason: string;
  filter: { reason?: FailureReason | undefined; at: string };
  /** ISO 8601. */
  requestedAt: string;
  /** How many dead letters it has been told so far. */
  decided: number;
  /** Where it goes on in Temporal's list; absent at the beginning and at the end. */
  cursor?: string | undefined;
  /** ISO 8601; absent while it is under way. */
  finishedAt?: string | undefined;
}

/** What the operators have not been told yet, and when they were told last; carried from run to run. Times are ISO 8601. */
export interface DigestState {
  untold?: { since: string; byReason: Partial<Record<FailureReason, number>> } | undefined;
  toldAt?: string | undefined;
  /** When they were last told that dead letters wait for too long. */
  remindedAt?: string | undefined;
}

export interface DeadLetterQueueInput {
  destination: Destination;
  /** What the previous run knew. */
  counts?: DeadLetterCounts;
  digest?: DigestState;
  decisions?: BulkDecision[];
}

/** What the queue's memo shows, so that it can be seen while no worker runs. */
export interface DeadLetterQueueMemo {
  decisions?: BulkDecision[];
}

export type DecideDeadLettersInput = { destination: Destination } & Pick<
  BulkDecision,
  'action' | 'by' | 'reason' | 'filter' | 'cursor'
>;

export interface DecideDeadLettersResult {
  /** How many dead letters were told the decision. */
  decided: number;
  /** Where the next page begins; absent after the last one. */
  cursor?: string;
}
