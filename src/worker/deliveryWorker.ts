import type { WorkerOptions } from '@temporalio/worker';
import type { AccountConnection } from '../accounts/accountConnection.js';
import { createDeliveryActivities } from '../activities/index.js';
import type { ConfiguredAccount } from '../config/configuration.js';
import { deliveryTaskQueue } from '../contract/names.js';
import type { AttemptReport } from '../telemetry/attemptReport.js';

/**
 * Requests to a platform are waited for, not computed, so many fit in one process. How fast an account delivers is for the
 * limits of its task queue to say, not for this.
 */
const CONCURRENT_DELIVERIES_PER_ACCOUNT = 100;

/**
 * The worker that delivers through one account.
 *
 * @param options.isPaced false where the server doesn't keep the account's limit by itself
 */
export function deliveryWorker(
  connection: AccountConnection,
  options: { isPaced: boolean; random: () => number; report: AttemptReport['delivery'] },
): Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxTaskQueueActivitiesPerSecond'
  | 'activities'
> {
  const { account } = connection;
  const { id } = account;
  const { isPaced, random, report } = options;
  return {
    taskQueue: deliveryTaskQueue(id),
    maxConcurrentActivityTaskExecutions: CONCURRENT_DELIVERIES_PER_ACCOUNT,
    ...(!isPaced && ownLimit(account)),
    activities: createDeliveryActivities({
      connectionFor: (wanted) => (wanted === id ? connection : undefined),
      random,
      report,
    }),
  };
}

/** The limit that a worker asks for when it polls: for servers that don't keep one by themselves. */
function ownLimit({
  limits,
}: ConfiguredAccount): Pick<WorkerOptions, 'maxTaskQueueActivitiesPerSecond'> {
  return limits.perAccount === 'off' ? {} : { maxTaskQueueActivitiesPerSecond: limits.perAccount };
}
