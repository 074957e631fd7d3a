import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  proxyActivities,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchActivities } from '../../contract/activities.js';
import {
  batchChunkSignal,
  countedAs,
  INCOMPLETE_BATCH,
  type BatchInput,
  type BatchMemo,
  type BatchProgress,
} from '../../contract/batch.js';
import { BATCH_TASK_QUEUE } from '../../contract/names.js';
import { slicesOf } from './slices.js';

/** As long as it takes: what is accepted is started, however long Temporal refuses it. */
const { startBatchMessages } = proxyActivities<BatchActivities>({
  taskQueue: BATCH_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

/** A sender that had no answer sends the batch again much sooner. */
const CHUNKS_WITHIN = '1 hour';

/**
 * Starts the messages of a batch, a slice after the other, once all of them are stored. What became of each is the result of its
 * slice's activity. A cancellation lets the slice that is under way come to its end: while Temporal refuses its messages,
 * the activity leaves them out.
 */
export async function batch({ chunkSizes }: BatchInput): Promise<BatchProgress> {
  const { refused = 0 } = (workflowInfo().memo ?? {}) as Partial<BatchMemo>;
  const arrived = new Set([0]);
  setHandler(batchChunkSignal, (chunk) => void arrived.add(chunk));
  const isComplete = () => chunkSizes.every((_, chunk) => arrived.has(chunk));
  if (!isComplete() && !(await condition(isComplete, CHUNKS_WITHIN))) {
    throw ApplicationFailure.nonRetryable('Its sender never sent the rest.', INCOMPLETE_BATCH);
  }

  const progress: BatchProgress = { accepted: 0, duplicate: 0, refused };
  let isCancelled = false;
  for (const slice of slicesOf(chunkSizes)) {
    if (isCancelled || CancellationScope.current().consideredCancelled) throw cancelled();
    const results = await CancellationScope.nonCancellable(() => startBatchMessages(slice));
    for (const outcome of results.map(countedAs)) if (outcome) progress[outcome] += 1;
    upsertMemo({ progress });
    isCancelled = results.some(({ outcome }) => outcome === 'cancelled');
  }
  if (isCancelled) throw cancelled();
  return progress;
}

function cancelled(): CancelledFailure {
  return new CancelledFailure('The batch was cancelled.');
}
