/** What can be asked of the workflows from outside. The names are the product's outer interface. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type {
  DeadLetterReference,
  DeadLetterOverview,
  BulkDecision,
  BulkRequest,
} from './deadLetterQueue.js';
import type { Destination } from '../domain/destination.js';

/** What a person says with a retry or a discard. All optional, since `temporal workflow signal` may say nothing at all. */
export interface OperatorRequest {
  /** Only the dead letter of this destination; without it, every dead letter of the message. */
  destination?: Destination;
  by?: string;
  reason?: string;
  /**
   * ISO 8601: only what was parked by then. So a decision on many, which is told again where it can't be known whether it
   * was told, never decides on what was parked anew.
   */
  parkedBy?: string;
}

/** Sends the message's dead letters again. Does nothing where there are none. */
export const retrySignal = defineSignal<[OperatorRequest?]>('retry');
/** Gives the message's dead letters up. Does nothing where there are none. */
export const discardSignal = defineSignal<[OperatorRequest?]>('discard');
/** A delivery to this queue's destination was parked. */
export const deadLetteredSignal = defineSignal<[DeadLetterReference]>('deadLettered');
/** A parked delivery of this queue's destination was retried, discarded or cancelled. */
export const resolvedSignal = defineSignal<[DeadLetterReference]>('resolved');
export const deadLetterCountsQuery = defineQuery<DeadLetterOverview>('counts');

/** Sends all that waits in this queue again, at a bounded pace. Answers at once; `decisions` has the progress. */
export const retryAllUpdate = defineUpdate<BulkDecision, [BulkRequest]>('retryAll');
/** Gives all that waits in this queue up, likewise. */
export const discardAllUpdate = defineUpdate<BulkDecision, [BulkRequest]>('discardAll');
/** The decisions on all that waits, the newest last: those under way, and the last that were made. */
export const bulkDecisionsQuery = defineQuery<BulkDecision[]>('decisions');
