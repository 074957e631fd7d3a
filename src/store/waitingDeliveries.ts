import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { describeMessage } from './messageExecution.js';

type PendingActivity = proto.temporal.api.workflow.v1.IPendingActivityInfo;

const { PENDING_ACTIVITY_STATE_SCHEDULED } = proto.temporal.api.enums.v1.PendingActivityState;

/** Where a message's deliveries wait for a worker. */
export interface WaitingDeliveries {
  /** Of the run that waits. */
  runId: string;
  taskQueues: ReadonlySet<string>;
}

/**
 * The task queues in which activities of a message wait for a worker now, also for their next attempt. Without those that a worker
 * has, and those whose cancellation is under way. Undefined when there is no such message.
 */
export async function findWaitingDeliveries(
  client: Client,
  deduplicationKey: string,
): Promise<WaitingDeliveries | undefined> {
  const description = await describeMessage(client, deduplicationKey);
  if (!description) return undefined;
  const { raw, runId } = description;
  const waiting = (raw.pendingActivities ?? []).filter(
    ({ state }) => state === PENDING_ACTIVITY_STATE_SCHEDULED,
  );
  const known = waiting.flatMap((each) => each.activityOptions?.taskQueue?.name ?? []);
  const taskQueues =
    known.length === waiting.length
      ? known
      : await recordedTaskQueues(client, { deduplicationKey, runId }, waiting);
  return { runId, taskQueues: new Set(taskQueues) };
}

/** Servers before 1.28 don't describe an activity's options. */
async function recordedTaskQueues(
  client: Client,
  { deduplicationKey, runId }: { deduplicationKey: string; runId: string },
  activities: readonly PendingActivity[],
): Promise<string[]> {
  const ids = new Set(activities.map(({ activityId }) => activityId));
  const { events } = await client.workflow.getHandle(deduplicationKey, runId).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled && ids.has(scheduled.activityId) ? (scheduled.taskQueue?.name ?? []) : [],
  );
}
