/** The worker process, and the part of `npm start` that is the same. */
import { loadConfiguration } from '../config/configuration.js';
import type { ProcessContext } from '../lib/process.js';
import { createMetrics } from '../telemetry/metrics.js';
import { contentEncryptionOf } from '../telemetry/contentEncryption.js';
import { serveMetrics, type Readiness } from '../telemetry/metricsServer.js';
import { startTracing } from '../telemetry/tracing.js';
import { destroyEndedKeys } from '../temporal/erasure/destroyEndedKeys.js';
import { requireTemporalConnection } from '../temporal/connection.js';
import { sentenceOf } from '../temporal/namespaceFaults.js';
import { connectWorkers } from '../temporal/nativeConnection.js';
import { installTemporalRuntime } from './runtime.js';
import { WORKFLOW_BUNDLE } from './workflowBundle.js';
import { startWorkers, type WatchedWorkers, type WorkersOptions } from './workers.js';

/** Runs the workers, and serves their metrics where WORKER_METRICS_ADDRESS says. Rejects as soon as one of them fails. */
export async function runWorkerProcess(context: ProcessContext): Promise<void> {
  const { environment, log, parts } = context;
  const configuration = loadConfiguration(environment);
  const temporal = requireTemporalConnection(environment);
  const temporalSdkUrl = await installTemporalRuntime(log);
  const metrics = createMetrics();
  const started: { workers?: WatchedWorkers } = {};
  const encryption = contentEncryptionOf(configuration, metrics);
  const source = { metrics, temporalSdkUrl };
  const readiness = () => readinessOf(started.workers);
  const metricsServer = await serveMetrics(source, environment, log, readiness);
  if (metricsServer) parts.add('metrics', () => metricsServer.close());
  const tracing = startTracing('sendproof-worker');
  parts.add('tracing', () => tracing.stop());
  const connection = await connectWorkers(temporal);
  parts.add('connection to Temporal', () => connection.close());

  const { namespace } = temporal;
  const workers = await addWorkers(context, {
    configuration,
    encryption,
    connection,
    namespace,
    tracing,
    metrics,
    temporalSdkUrl,
  });
  started.workers = workers;
  log.info({ namespace, accounts: configuration.accounts.map(({ id }) => id) }, 'The worker runs');
  await workers.done;
}

/** The grace period of the attempts that are under way, `SHUTDOWN_GRACE_TIME`, and what comes after. */
const WORKERS_STOP_MS = 27_000;

/** A worker is ready when it polls, and the namespace has what its workflows need. */
function readinessOf(workers: WatchedWorkers | undefined): Readiness {
  const faults = workers?.namespaceFaults();
  if (!faults) return { ready: false, reasons: ['The worker has not started yet.'] };
  return {
    ready: faults.length === 0,
    reasons: faults.map(sentenceOf),
    details: { warnings: workers?.warnings() ?? [] },
  };
}

/** Starts the workers as a part of the process. */
export async function addWorkers(
  { environment, log, parts }: ProcessContext,
  options: Pick<
    WorkersOptions,
    | 'configuration'
    | 'encryption'
    | 'connection'
    | 'namespace'
    | 'tracing'
    | 'activityInterceptor'
    | 'metrics'
    | 'temporalSdkUrl'
  >,
): Promise<WatchedWorkers> {
  destroyEndedKeys(options.encryption.vault, { log, parts });
  const workers = await startWorkers({
    ...options,
    reload: () => loadConfiguration(environment),
    workflowBundle: WORKFLOW_BUNDLE,
    log,
  });
  parts.add('worker', () => workers.shutdown(), WORKERS_STOP_MS);
  return workers;
}
