/** The rate limits of a task queue of activities, which the Temporal server keeps across all workers. */
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { GRPC_STATUS, grpcFailureOf } from './grpcStatus.js';

const { TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;
type RateLimitConfig = proto.temporal.api.taskqueue.v1.IRateLimitConfig;

/** In tasks per second; `off`: none. Zero stops the queue. */
export type QueueLimit = number | 'off';

export interface QueueLimits {
  perQueue: QueueLimit;
  perFairnessKey: QueueLimit;
  /** What the limit of the whole queue is for, in the words of whoever set it. */
  reason: string | undefined;
}

/** The server is older than these limits (they came with 1.28). */
export function isUnsupported(error: unknown): boolean {
  return grpcFailureOf(error)?.status === GRPC_STATUS.UNIMPLEMENTED;
}

/** This process has no permission to change task queues. */
export function isForbidden(error: unknown): boolean {
  return grpcFailureOf(error)?.status === GRPC_STATUS.PERMISSION_DENIED;
}

/** What was set with `setQueueLimits` or the `temporal` command; limits that a worker brought along are not among it. */
export async function readQueueLimits(client: Client, taskQueue: string): Promise<QueueLimits> {
  const { config } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
    reportConfig: true,
  });
  return {
    perQueue: limitOf(config?.queueRateLimit),
    perFairnessKey: limitOf(config?.fairnessKeysRateLimitDefault),
    reason: config?.queueRateLimit?.metadata?.reason ?? undefined,
  };
}

/** Sets what is given and leaves the rest. Takes effect within a second or so, also on what waits in the queue. */
export async function setQueueLimits(
  client: Client,
  taskQueue: string,
  limits: Partial<Pick<QueueLimits, 'perQueue' | 'perFairnessKey'>>,
  reason: string,
): Promise<void> {
  const update = (limit: QueueLimit | undefined) =>
    limit === undefined
      ? undefined
      : { ...(limit !== 'off' && { rateLimit: { requestsPerSecond: limit } }), reason };
  await client.workflowService.updateTaskQueueConfig({
    namespace: client.options.namespace,
    identity: client.options.identity,
    taskQueue,
    taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
    updateQueueRateLimit: update(limits.perQueue),
    updateFairnessKeyRateLimitDefault: update(limits.perFairnessKey),
  });
}

/** The server keeps limits in single precision: 0.1 comes back as another number. */
export function isSameLimit(one: QueueLimit, other: QueueLimit): boolean {
  if (one === 'off' || other === 'off') return one === other;
  return Math.fround(one) === Math.fround(other);
}

function limitOf(config: RateLimitConfig | null | undefined): QueueLimit {
  return config?.rateLimit ? (config.rateLimit.requestsPerSecond ?? 0) : 'off';
}
