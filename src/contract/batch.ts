import { defineSignal } from '@temporalio/workflow';
import type { Acceptance, FieldFault, RefusalKind } from '../domain/acceptance.js';
import type { BatchCounts } from '../domain/batch.js';

/**
 * The first argument of the `batch` workflow. The second one is its first chunk: messages, compressed, as `src/store/batchContent.ts`
 * has them. The other chunks come as signals, since Temporal limits the size of one request.
 */
export interface BatchInput {
  /** How many messages each chunk has. */
  chunkSizes: number[];
  /** 32 hex digits: the trace that its messages belong to. */
  traceId: string;
  /** When its first message was accepted, in microseconds. Each other one follows a microsecond later. */
  acceptedAtUs: number;
  /** The name of the key, or of the person, that sent it; absent where no keys are configured. */
  sentBy?: string | undefined;
}

/** Another chunk: its index, and the messages, compressed. */
export const batchChunkSignal = defineSignal<[number, Uint8Array]>('chunk');

/** The workflow's memo. All but `progress` is set at its start. */
export interface BatchMemo {
  /** A hash of what identifies each message: a batch with the same key and another fingerprint is another batch. */
  fingerprint: string;
  /** Random for each start. */
  startToken: string;
  chunkSizes: number[];
  /** How many messages were refused when the batch was sent. */
  refused: number;
  traceId: string;
  /** How many messages have which outcome; absent before the first one was started. */
  progress?: BatchProgress | undefined;
}

/** Of the messages that have been started, or refused. Those that were refused when the batch was sent are counted from the start. */
export type BatchProgress = Omit<BatchCounts, 'queued' | 'cancelled'>;

/** A part of a chunk: so many messages from this index on. */
export interface BatchSlice {
  chunk: number;
  from: number;
  count: number;
}

/** What became of one message. */
export type BatchMessageResult =
  | Acceptance
  | { outcome: 'refused'; kind: RefusalKind; faults: FieldFault[] }
  /** For a reason that is in the log of the worker. */
  | { outcome: 'failed' }
  /** It was refused when the batch was sent; its entry has the reason. */
  | { outcome: 'refused_at_once' }
  /** The batch was cancelled while Temporal refused to start it. */
  | { outcome: 'cancelled' };

/** Of an error: not all chunks of a batch came. */
export const INCOMPLETE_BATCH = 'IncompleteBatch';

/** As the counts have it. Undefined for what was counted when the batch was sent, and for what was not started. */
export function countedAs({ outcome }: BatchMessageResult): keyof BatchProgress | undefined {
  if (outcome === 'refused_at_once' || outcome === 'cancelled') return undefined;
  return outcome === 'accepted' || outcome === 'duplicate' ? outcome : 'refused';
}
