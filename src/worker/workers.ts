/** The workers of one process: one for the workflows, one for acknowledgements, one for each account's deliveries. */
import { Client } from '@temporalio/client';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import {
  createAcknowledgementActivities,
  createDeliveryActivities,
  createWorkflowQueueActivities,
} from '../activities/index.js';
import { unusableSecrets } from '../acknowledgements/secrets.js';
import type { Configuration, ConfiguredAccount } from '../config/configuration.js';
import { watchConfiguration } from './watchConfiguration.js';
import { createAttemptReport } from '../telemetry/attemptReport.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Tracing } from '../telemetry/tracing.js';
import {
  ACKNOWLEDGEMENT_TASK_QUEUE,
  deliveryTaskQueue,
  WORKFLOW_TASK_QUEUE,
} from '../contract/names.js';
import { scheduleOverdueCheck } from './overdueSchedule.js';
import { serveAccounts } from '../accounts/servedAccounts.js';

export interface WorkersOptions {
  connection: NativeConnection;
  namespace: string;
  configuration: Configuration;
  /** Reads the configuration again, for when its file has changed; without it, changes wait for a restart. */
  reload?: () => Configuration;
  /** The file that `npm run build` makes of the workflow code. */
  workflowBundle: string;
  log: Logger;
  tracing: Tracing;
  metrics: Metrics;
  /** A number in [0, 1) for the jitter of retries. */
  random?: () => number;
}

export interface Workers {
  /** Stops polling, finishes the attempts that are under way, and resolves when all is stopped. */
  shutdown(): Promise<void>;
  /** Resolves when all have stopped; rejects as soon as one of them fails. */
  done: Promise<void>;
}

/** With the time-out of 10 s that requests have by default, a look-up and a post are over by then. */
const SHUTDOWN_GRACE_TIME = '25s';

/**
 * Requests to a platform are waited for, not computed, so many fit in one process. How fast an account delivers is for the
 * limits of its task queue to say, not for this.
 */
const CONCURRENT_DELIVERIES_PER_ACCOUNT = 100;

/**
 * How many workflows this process keeps ready in memory. Others, such as what is parked for long, are replayed when
 * something comes for them: 35 ms for a message that is retried. On Node.js before 24 each of them has three
 * AsyncLocalStorages, and each promise of any carries something for each of those, so that memory grows with the square:
 * with 100 a worker took 0.7 GB, with 200 1.0 GB, with 400 2.5 GB; and with the 2,300 that are the SDK's default here it
 * stood still at 1,700 dead letters with 4 GB, collecting garbage (https://github.com/temporalio/sdk-typescript/issues/1432).
 */
const CACHED_WORKFLOWS = 200;

/**
 * How often Temporal hears, at most, which dead letters a decision has reached: what a lost worker reached since then is not
 * counted. By default it would be every 12 s, as the heartbeat's time-out is 15 s.
 */
const DECISION_HEARTBEAT_INTERVAL = '1s';

/**
 * Starts the workers, and gives the accounts' task queues their limits, now and when the configuration's file changes.
 *
 * Rejects when Temporal can't be reached or the namespace doesn't exist.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { configuration, connection, log, namespace, reload, workflowBundle } = options;
  const { clientInterceptors, workerOptions } = options.tracing;
  const client = new Client({ connection, namespace, interceptors: clientInterceptors });
  const accounts = await serveAccounts(client, configuration, log);
  await scheduleOverdueCheck(client, log);
  const random = options.random ?? Math.random;
  const report = createAttemptReport(options.metrics, log);
  for (const fault of unusableSecrets(configuration.acknowledgements)) {
    options.log.error(`Acknowledgements wait until this is mended: ${fault}`);
  }
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    ...workerOptions,
    connection,
    namespace,
    shutdownGraceTime: SHUTDOWN_GRACE_TIME,
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: WORKFLOW_TASK_QUEUE,
      workflowBundle: { codePath: workflowBundle },
      maxCachedWorkflows: CACHED_WORKFLOWS,
      maxHeartbeatThrottleInterval: DECISION_HEARTBEAT_INTERVAL,
      ...versioning(configuration),
      activities: createWorkflowQueueActivities({ client, configuration, log, ...accounts }),
    }),
    Worker.create({
      ...shared,
      taskQueue: ACKNOWLEDGEMENT_TASK_QUEUE,
      activities: createAcknowledgementActivities({
        settings: configuration.acknowledgements,
        random,
        report: report.acknowledgement,
      }),
    }),
    ...[...accounts.connections].map(([id, connection]) =>
      Worker.create({
        ...shared,
        taskQueue: deliveryTaskQueue(id),
        maxConcurrentActivityTaskExecutions: CONCURRENT_DELIVERIES_PER_ACCOUNT,
        ...(accounts.unpaced.has(id) && ownLimit(connection.account)),
        activities: createDeliveryActivities({
          connectionFor: (account) => (account === id ? connection : undefined),
          random,
          report: report.delivery,
        }),
      }),
    ),
  ]);

  const runs = workers.map((worker) => worker.run());
  const stopWatching = watchConfiguration(
    configuration,
    reload ?? (() => configuration),
    (changed) => {
      accounts.takeLimits(changed).catch((error: unknown) => {
        log.error({ err: error }, 'The changed limits could not be set');
      });
    },
    log,
  );
  const stop = (): void => {
    stopWatching();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const allStopped = Promise.allSettled(runs);
  const done = Promise.all(runs).then(() => undefined);
  // One that fails takes the rest with it: a process that does half its work would look healthy.
  done.catch(stop);
  return {
    done,
    shutdown: async () => {
      stop();
      await allStopped;
    },
  };
}

/** The limit that a worker asks for when it polls: for servers that don't keep one by themselves. */
function ownLimit({
  limits,
}: ConfiguredAccount): Pick<WorkerOptions, 'maxTaskQueueActivitiesPerSecond'> {
  return limits.perAccount === 'off' ? {} : { maxTaskQueueActivitiesPerSecond: limits.perAccount };
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
