import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { tsToMs } from '../temporal/sdkInternals.js';
import { WORKFLOW_TASK_QUEUE } from '../contract/names.js';

/**
 * Temporal remembers a poller for minutes after it died. A live one without work polls again every 60 s (the
 * server's `matching.longPollExpirationInterval`); the rest allows for network delay and clock differences.
 */
const RECENT_MS = 90_000;

type Poller = proto.temporal.api.taskqueue.v1.IPollerInfo;

/** The number of workers that poll for workflow tasks. */
export async function countWorkers(client: Client): Promise<number> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.workflow.options.namespace,
    taskQueue: { name: WORKFLOW_TASK_QUEUE },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  return countRecent(pollers, new Date());
}

/** The number of workers that poll for the deliveries of an account. */
export async function countDeliveryWorkers(client: Client, taskQueue: string): Promise<number> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.workflow.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
  });
  return countRecent(pollers, new Date());
}

export function countRecent(pollers: readonly Poller[], now: Date): number {
  return pollers.filter(
    ({ lastAccessTime }) => lastAccessTime && now.getTime() - tsToMs(lastAccessTime) < RECENT_MS,
  ).length;
}
