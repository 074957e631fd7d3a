import type { WorkerOptions } from '@temporalio/worker';
import { createWorkflowQueueActivities } from '../activities/index.js';
import type { Configuration } from '../config/configuration.js';
import { WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import { workflowCacheSize } from './workflowCache.js';

/**
 * How often Temporal hears, at most, which dead letters a decision has reached: what a lost worker reached since then is not
 * counted. By default it would be every 12 s, as the heartbeat's time-out is 15 s.
 */
const DECISION_HEARTBEAT_INTERVAL = '1s';

/** The worker that runs the workflows, and the activities that they need beside deliveries and acknowledgements. */
export function workflowWorker(
  workflowBundle: string,
  context: Parameters<typeof createWorkflowQueueActivities>[0],
): Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'workflowBundle'
  | 'maxCachedWorkflows'
  | 'maxHeartbeatThrottleInterval'
  | 'workerDeploymentOptions'
  | 'activities'
> {
  return {
    taskQueue: WORKFLOW_TASK_QUEUE,
    workflowBundle: { codePath: workflowBundle },
    maxCachedWorkflows: context.configuration.cachedWorkflows ?? workflowCacheSize(),
    maxHeartbeatThrottleInterval: DECISION_HEARTBEAT_INTERVAL,
    ...versioning(context.configuration),
    activities: createWorkflowQueueActivities(context),
  };
}

/**
 * A message may be parked for months, and its queue runs for ever: they go on under the newest version, which replays what
 * older ones did (`test/replay`). Pinned to the version that they began with, they would need its workers for as long.
 * Activities need no versions: each attempt is one call, whoever makes it.
 */
function versioning({
  workerVersion,
}: Configuration): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (!workerVersion) return {};
  return {
    workerDeploymentOptions: {
      version: workerVersion,
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
