import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { describeMessage } from './messageExecution.js';

type PendingActivity = proto.temporal.api.workflow.v1.IPendingActivityInfo;

const { PENDING_ACTIVITY_STATE_SCHEDULED } = proto.temporal.api.enums.v1.PendingActivityState;

/** Where a message's deliveries wait for a worker. */
export interface WaitingDeliveries {
  /** Of the run that waits. */
  runId: string;
  /** By task queue, whether an attempt of one that waits there was ever given to a worker. */
  taskQueues: ReadonlyMap<string, { attempted: boolean }>;
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
  const described = waiting.map(({ activityOptions }) => activityOptions?.taskQueue?.name ?? '');
  const names = described.every((name) => name !== '')
    ? described
    : await recordedTaskQueues(client, { deduplicationKey, runId }, waiting);
  const taskQueues = new Map<string, { attempted: boolean }>();
  names.forEach((name, index) => {
    const attempted = taskQueues.get(name)?.attempted === true || wasAttempted(waiting[index]);
    taskQueues.set(name, { attempted });
  });
  return { runId, taskQueues };
}

/** Temporal counts an attempt when a worker takes it. */
function wasAttempted(activity: PendingActivity | undefined): boolean {
  if (!activity) return true;
  const { attempt, heartbeatDetails, lastFailure, lastStartedTime } = activity;
  return attempt !== 1 || Boolean(lastStartedTime ?? lastFailure ?? heartbeatDetails);
}

/** In the order of the activities. Servers before 1.28 don't describe an activity's options. */
async function recordedTaskQueues(
  client: Client,
  { deduplicationKey, runId }: { deduplicationKey: string; runId: string },
  activities: readonly PendingActivity[],
): Promise<string[]> {
  const { events } = await client.workflow.getHandle(deduplicationKey, runId).fetchHistory();
  const names = new Map(
    (events ?? []).map(({ activityTaskScheduledEventAttributes: scheduled }) => [
      scheduled?.activityId,
      scheduled?.taskQueue?.name,
    ]),
  );
  return activities.map(({ activityId }) => names.get(activityId) ?? '');
}
