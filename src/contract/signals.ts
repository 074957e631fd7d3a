/** The signals, updates and queries of the workflows. Their names are part of the public interface. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type {
  DeadLetterReference,
  DeadLetterOverview,
  BulkDecision,
  BulkRequest,
} from './deadLetterQueue.js';
import type { RescheduleRequest, Schedule } from '../domain/rescheduling.js';
import type { AccountId } from '../domain/account.js';
import type { Attempt } from '../domain/delivery.js';
import type { Destination } from '../domain/destination.js';

/** The input of a retry or a discard. All optional, since `temporal workflow signal` may send no input at all. */
export interface OperatorRequest {
  /** Only the dead letter of this destination; without it, every dead letter of the message. */
  destination?: Destination;
  by?: string;
  reason?: string;
  /**
   * ISO 8601: only what was parked at or before this time. So a bulk decision, whose signal may be sent twice after the loss
   * of a worker, never applies to what was parked later.
   */
  parkedBy?: string;
  /**
   * The sender knows a worker that has the destination's account, so the message need not ask. A wrong answer delays the next dead
   * letter until the check for overdue messages.
   */
  accountIsServed?: boolean;
}

export interface AccountRemoved {
  account: AccountId;
  /**
   * ISO 8601: then no worker had ever taken one of the message's deliveries that wait for the account. Absent where one had, and
   * from the signals of earlier releases.
   */
  neverAttemptedUpTo?: string;
}

/** The attempts of one delivery as they were when somebody cancelled the message. */
export interface AttemptsBeforeCancel {
  destination: Destination;
  attempts: Attempt[];
}

/** Retries the message's dead letters. Does nothing where there are none. */
export const retrySignal = defineSignal<[OperatorRequest?]>('retry');
/** Discards the message's dead letters. Does nothing where there are none. */
export const discardSignal = defineSignal<[OperatorRequest?]>('discard');
/** Gives a message that has not begun other times. Rejected with a RescheduleRefusal as its type. */
export const rescheduleUpdate = defineUpdate<Schedule, [RescheduleRequest]>('reschedule');
/** No worker serves this account any more: deliveries through it, which would wait for ever, become dead letters. */
export const accountRemovedSignal = defineSignal<[AccountRemoved]>('accountRemoved');
/**
 * Sent right before a cancellation, for the history alone: no workflow handles it. Temporal keeps no attempts of an activity that it
 * cancels between two of them.
 */
export const attemptsBeforeCancelSignal =
  defineSignal<[AttemptsBeforeCancel[]]>('attemptsBeforeCancel');
/** A delivery to this queue's destination was parked. */
export const deadLetteredSignal = defineSignal<[DeadLetterReference]>('deadLettered');
/** A parked delivery of this queue's destination was retried, discarded or cancelled. */
export const resolvedSignal = defineSignal<[DeadLetterReference]>('resolved');
export const deadLetterCountsQuery = defineQuery<DeadLetterOverview>('counts');

/** Retries all matching dead letters of this queue, at a bounded pace. Answers immediately; `decisions` has the progress. */
export const retryAllUpdate = defineUpdate<BulkDecision, [BulkRequest]>('retryAll');
/** Discards all matching dead letters of this queue, in the same way. */
export const discardAllUpdate = defineUpdate<BulkDecision, [BulkRequest]>('discardAll');
/** The bulk decisions, the newest last: those in progress, and the last that finished. */
export const bulkDecisionsQuery = defineQuery<BulkDecision[]>('decisions');
