import type { WorkerOptions } from '@temporalio/worker';
import type { AccountConnection } from '../accounts/accountConnection.js';
import type { DeliverDependencies } from '../activities/deliver.js';
import { createDeliveryActivities } from '../activities/index.js';
import type { ConfiguredAccount } from '../config/configuration.js';
import { deliveryTaskQueue } from '../contract/names.js';

/**
 * A delivery mostly waits for the platform, so one process can run many. The pace of an account is set by the limits of its
 * task queue, not by this number.
 */
const CONCURRENT_DELIVERIES_PER_ACCOUNT = 100;

/**
 * The worker that delivers through one account.
 *
 * @param options.isPaced whether the server enforces the account's limit
 */
export function deliveryWorker(
  connection: AccountConnection,
  options: { isPaced: boolean } & Omit<DeliverDependencies, 'connectionFor'>,
): Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxTaskQueueActivitiesPerSecond'
  | 'activities'
> {
  const { account } = connection;
  const { id } = account;
  const { isPaced, ...dependencies } = options;
  return {
    taskQueue: deliveryTaskQueue(id),
    maxConcurrentActivityTaskExecutions: CONCURRENT_DELIVERIES_PER_ACCOUNT,
    ...(!isPaced && ownLimit(account)),
    activities: createDeliveryActivities({
      connectionFor: (wanted) => (wanted === id ? connection : undefined),
      ...dependencies,
    }),
  };
}

/** The limit that the worker sends when it polls, for servers that don't enforce limits of task queues. */
function ownLimit({
  limits,
}: ConfiguredAccount): Pick<WorkerOptions, 'maxTaskQueueActivitiesPerSecond'> {
  return limits.perAccount === 'off' ? {} : { maxTaskQueueActivitiesPerSecond: limits.perAccount };
}
