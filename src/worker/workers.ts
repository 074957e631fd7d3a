/** The workers of one process: one for the workflows, one for conversations, one for batches, one for acknowledgements, one for each account's deliveries. */
import { Client } from '@temporalio/client';
import {
  Worker,
  type ActivityInterceptorsFactory,
  type NativeConnection,
  type WorkerOptions,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { serveAccounts } from '../accounts/servedAccounts.js';
import { unusableSecrets } from '../acknowledgements/secrets.js';
import { eventSource } from '../acknowledgements/cloudEvent.js';
import { EventTargets } from '../activities/eventTargets.js';
import { createAcknowledgementActivities } from '../activities/index.js';
import { longestWindowMs, type Configuration } from '../config/configuration.js';
import type { ConfigurationError } from '../lib/configurationError.js';
import { LiveConfiguration } from '../config/liveConfiguration.js';
import { ACKNOWLEDGEMENT_TASK_QUEUE } from '../contract/names.js';
import { linkedPage } from '../links/postLinks.js';
import { createAttemptReport } from '../telemetry/attemptReport.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Tracing } from '../telemetry/tracing.js';
import { boundedClient } from '../temporal/boundedClient.js';
import type { CallBounds } from '../temporal/callGate.js';
import type { ContentEncryption } from '../temporal/encryption/contentEncryption.js';
import { encodeFailuresOf } from '../temporal/sdkInternals.js';
import { watchNamespace, type NamespaceWatch } from '../temporal/namespaceWatch.js';
import { batchWorker } from './batchWorker.js';
import { confirmAttemptBy } from './confirmAttempt.js';
import { conversationsBy } from './conversations.js';
import { deliveryWorker } from './deliveryWorker.js';
import { scheduleOverdueCheck } from './overdueSchedule.js';
import { untilPollsAreRefused } from './refusedPolls.js';
import { createWorkers, superviseWorkers, type Workers } from './supervision.js';
import { withEncodedFailures } from './workflowBundle.js';
import { conversationWorker, workflowWorker } from './workflowWorker.js';

export interface WorkersOptions {
  connection: NativeConnection;
  namespace: string;
  configuration: Configuration;
  /** Made of the configuration's keys. */
  encryption: ContentEncryption;
  /** Reads the configuration again when its file has changed. Without it, changes take effect at the next start. */
  reload?: () => Configuration;
  /** The file that `npm run build` makes of the workflow code. */
  workflowBundle: string;
  log: Logger;
  tracing: Tracing;
  /** Sees each activity. */
  activityInterceptor?: ActivityInterceptorsFactory;
  metrics: Metrics;
  /** The URL of the SDK's metrics in this process, which show polls that are refused. */
  temporalSdkUrl?: string;
  /** A number in [0, 1) for the jitter of retries. */
  random?: () => number;
}

export interface WatchedWorkers extends Workers {
  /** What the namespace lacks; undefined before Temporal has said. */
  namespaceFaults: NamespaceWatch['faults'];
  /** What about the configuration needs attention. */
  warnings: () => string[];
}

/** Long enough for a look-up and a post, each with the default request time-out of 10 s. */
const SHUTDOWN_GRACE_TIME = '25s';

/** The connection has no deadline of its own. Activities repeat what fails. */
const CALLS_OF_A_WORKER: CallBounds = {
  purpose: 'the worker',
  concurrent: 100,
  waiting: 10_000,
  deadlineMs: 30_000,
};

/**
 * Starts the workers, and gives the accounts' task queues their limits, now and when the configuration's file changes.
 *
 * Rejects when Temporal can't be reached or the namespace doesn't exist.
 */
export async function startWorkers(options: WorkersOptions): Promise<WatchedWorkers> {
  const { connection, encryption, log, namespace, reload } = options;
  const { dataConverter } = encryption;
  const live = new LiveConfiguration(options.configuration);
  const configuration = live.view;
  const { clientInterceptors, workerOptions } = options.tracing;
  const client = boundedClient(
    new Client({ connection, namespace, dataConverter, interceptors: clientInterceptors }),
    CALLS_OF_A_WORKER,
  );
  const activityInterceptors = [
    ...(workerOptions.interceptors?.activity ?? []),
    ...(options.activityInterceptor ? [options.activityInterceptor] : []),
  ];
  const windowMs = longestWindowMs(configuration.deduplicationWindow);
  const namespaceWatch = watchNamespace(client.connection, namespace, windowMs, log);
  await namespaceWatch.looked;
  const accounts = await serveAccounts(client, options.configuration, log);
  await scheduleOverdueCheck(client, log);
  const tellUnusableSecrets = (): void => {
    for (const fault of unusableSecrets(configuration.acknowledgements)) {
      log.error(`Acknowledgements can’t be sent until this is fixed: ${fault}`);
    }
  };
  tellUnusableSecrets();

  const onFault = (fault: ConfigurationError): void =>
    log.error(`Posts have no link until this is fixed: ${fault.message}`);
  const random = options.random ?? Math.random;
  const report = createAttemptReport(options.metrics, log);
  const eventTargets = new EventTargets(configuration.events, {
    log,
    source: () => eventSource(configuration.publicUrl, namespace),
  });
  const workflowBundle = encryption.isOn
    ? withEncodedFailures(options.workflowBundle)
    : { codePath: options.workflowBundle };
  const settings: Pick<WorkerOptions, 'taskQueue' | 'activities'>[] = [
    workflowWorker(workflowBundle, { client, configuration, log, ...accounts }),
    conversationWorker(workflowBundle, configuration),
    batchWorker({ client, configuration, log, metrics: options.metrics }),
    {
      taskQueue: ACKNOWLEDGEMENT_TASK_QUEUE,
      activities: createAcknowledgementActivities({
        settings: () => configuration.acknowledgements,
        publish: eventTargets.publish,
        random,
        report: report.acknowledgement,
      }),
    },
    ...[...accounts.connections].map(([id, account]) =>
      deliveryWorker(account, {
        isPaced: !accounts.unpaced.has(id),
        pageOf: (key) =>
          linkedPage(key, configuration.publicUrl, configuration.postLinks, { onFault }),
        confirmAttempt: confirmAttemptBy(client),
        conversations: conversationsBy(client, options.metrics.conversationClaims),
        vault: () => encryption.vault,
        random,
        report: report.delivery,
      }),
    ),
  ];
  const workers = superviseWorkers(
    await createWorkers(
      settings.map((each) => ({
        ...workerOptions,
        interceptors: { ...workerOptions.interceptors, activity: activityInterceptors },
        connection,
        namespace,
        dataConverter,
        shutdownGraceTime: SHUTDOWN_GRACE_TIME,
        ...each,
      })),
      async (workerSettings) => {
        const worker = await Worker.create(workerSettings);
        if (encryption.isOn) encodeFailuresOf(worker);
        return worker;
      },
    ),
  );
  const stopWatching = reload
    ? live.followFile(
        reload,
        log,
        (isInUse) => options.metrics.configurationInUse.set(isInUse ? 1 : 0),
        async (changed) => {
          tellUnusableSecrets();
          await accounts.applyLimits(changed);
        },
      )
    : () => undefined;
  const stopped = new AbortController();
  const done = Promise.race([
    workers.done,
    namespaceWatch.lost,
    ...(options.temporalSdkUrl === undefined
      ? []
      : [untilPollsAreRefused(options.temporalSdkUrl, stopped.signal)]),
  ]);
  done.catch(stopWatching);
  return {
    done,
    namespaceFaults: namespaceWatch.faults,
    warnings: () => [...live.warnings, ...encryption.warnings],
    shutdown: async () => {
      stopWatching();
      accounts.close();
      namespaceWatch.stop();
      stopped.abort();
      await workers.shutdown().finally(() => eventTargets.close());
    },
  };
}
