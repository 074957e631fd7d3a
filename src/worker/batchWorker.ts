import type { WorkerOptions } from '@temporalio/worker';
import { createBatchActivities } from '../activities/index.js';
import type { BatchContext } from '../activities/startBatchMessages.js';
import { BATCH_TASK_QUEUE } from '../contract/names.js';

/** While one reads or waits for its last message, the other one starts some. */
const CONCURRENT_SLICES = 2;

/** The worker that starts the messages of batches. */
export function batchWorker(
  context: BatchContext,
): Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxConcurrentActivityTaskPolls'
  | 'activities'
> {
  return {
    taskQueue: BATCH_TASK_QUEUE,
    maxConcurrentActivityTaskExecutions: CONCURRENT_SLICES,
    maxConcurrentActivityTaskPolls: CONCURRENT_SLICES,
    activities: createBatchActivities(context),
  };
}
