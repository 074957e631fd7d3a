import type { WorkerOptions } from '@temporalio/worker';
import { createWorkflowQueueActivities } from '../activities/index.js';
import type { Configuration } from '../config/configuration.js';
import { CONVERSATION_TASK_QUEUE, WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import { workflowCacheSize } from './workflowCache.js';

type WorkflowBundle = NonNullable<WorkerOptions['workflowBundle']>;

/**
 * The shortest time between two heartbeats with the progress of a bulk decision. What a worker did after its last heartbeat
 * is not counted if the worker is lost. The default would be 12 s, since the heartbeat time-out is 15 s.
 */
const DECISION_HEARTBEAT_INTERVAL = '1s';

/** The worker that runs all workflows but conversations, and the activities that they need beside deliveries and acknowledgements. */
export function workflowWorker(
  workflowBundle: WorkflowBundle,
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
    workflowBundle,
    maxCachedWorkflows: context.configuration.cachedWorkflows ?? workflowCacheSize(),
    maxHeartbeatThrottleInterval: DECISION_HEARTBEAT_INTERVAL,
    ...versioning(context.configuration),
    activities: createWorkflowQueueActivities(context),
  };
}

/**
 * Conversations that messages are just sent to: a claim and its report are some 50 ms apart. Each is asked a few times in a week, and
 * its history is short, so the others are replayed.
 */
const CACHED_CONVERSATIONS = 20;
/** So long a claim waits for a worker that was killed with the conversation in its memory. Temporal's default is 10 s. */
const WAIT_FOR_CACHE = '1s';

/** The worker that runs the conversations. */
export function conversationWorker(
  workflowBundle: WorkflowBundle,
  configuration: Configuration,
): Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'workflowBundle'
  | 'maxCachedWorkflows'
  | 'stickyQueueScheduleToStartTimeout'
  | 'workerDeploymentOptions'
> {
  return {
    taskQueue: CONVERSATION_TASK_QUEUE,
    workflowBundle,
    maxCachedWorkflows: CACHED_CONVERSATIONS,
    stickyQueueScheduleToStartTimeout: WAIT_FOR_CACHE,
    ...versioning(configuration),
  };
}

/**
 * A message may be parked for months, and its queue runs for ever. They continue on the newest version, which can replay the
 * histories of older ones (`test/replay`). Pinned to the version that started them, they would need workers of that version
 * for as long. Activities need no versions: each attempt is one call.
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
