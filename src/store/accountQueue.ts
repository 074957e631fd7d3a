import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { AccountId } from '../domain/account.js';
import type { AccountQueue } from '../domain/deliveryEstimate.js';
import { deliveryTaskQueue } from '../contract/names.js';
import { tsToMs } from '../temporal/sdkInternals.js';
import { countRecent } from './pollers.js';

type Stats = proto.temporal.api.taskqueue.v1.ITaskQueueStats;

/** What Temporal knows of the queue of an account, in one call that is no search. */
export async function readAccountQueue(client: Client, account: AccountId): Promise<AccountQueue> {
  return await readDeliveryQueue(client, deliveryTaskQueue(account));
}

/** @param taskQueue of an account's deliveries */
export async function readDeliveryQueue(client: Client, taskQueue: string): Promise<AccountQueue> {
  const { config, pollers, stats, statsByPriorityKey } =
    await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
      reportConfig: true,
      reportStats: true,
    });
  return accountQueueOf({ config, pollers, stats, statsByPriorityKey }, new Date());
}

type Described = Pick<
  proto.temporal.api.workflowservice.v1.IDescribeTaskQueueResponse,
  'config' | 'pollers' | 'stats' | 'statsByPriorityKey'
>;

/** What an answer of Temporal says; servers leave out what they don't know. */
export function accountQueueOf(
  { config, pollers, stats, statsByPriorityKey }: Described,
  now: Date,
): AccountQueue {
  const limit = config?.queueRateLimit;
  const limitPerSecond = limit?.rateLimit ? (limit.rateLimit.requestsPerSecond ?? 0) : undefined;
  const byPriority = Object.entries(statsByPriorityKey ?? {}).map(
    ([priority, each]) => [Number(priority), backlogOf(each)] as const,
  );
  return {
    limitPerSecond,
    heldBack: limitPerSecond === 0 ? heldBackReason(limit?.metadata?.reason) : undefined,
    backlog: backlogOf(stats),
    backlogByPriority: new Map(byPriority),
    backlogAgeMs: stats?.approximateBacklogAge ? tsToMs(stats.approximateBacklogAge) : 0,
    pacePerSecond: stats?.tasksDispatchRate ?? 0,
    workers: countRecent(pollers ?? [], now),
  };
}

function backlogOf(stats: Stats | null | undefined): number {
  // A server that restarts may count below zero for a moment.
  return Math.max(0, Number(stats?.approximateBacklogCount ?? 0));
}

/** What sendproof says of a stopped queue begins with its name; a person may have said something else, or nothing. */
function heldBackReason(reason: string | null | undefined): string {
  return reason?.replace(/^sendproof: /, '') ?? '';
}
