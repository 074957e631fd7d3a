/** The API process, and the part of `npm start` that is the same. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  Client,
  Connection,
  type ConnectionLike,
  type WorkflowClientInterceptor,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { loadConfiguration, longestWindowMs, type Configuration } from '../config/configuration.js';
import { ConfigurationError } from '../lib/configurationError.js';
import type { ProcessContext } from '../lib/process.js';
import type { QueueState } from '../queues/queue.js';
import type { MetricsSource } from '../telemetry/exposition.js';
import { contentEncryptionOf } from '../telemetry/contentEncryption.js';
import { createMetrics, type Metrics } from '../telemetry/metrics.js';
import { startTracing, type Tracing } from '../telemetry/tracing.js';
import {
  channelArgsFor,
  requireTemporalConnection,
  type TemporalConnection,
} from '../temporal/connection.js';
import type { ContentEncryption } from '../temporal/encryption/contentEncryption.js';
import { destroyEndedKeys } from '../temporal/erasure/destroyEndedKeys.js';
import { watchNamespace } from '../temporal/namespaceWatch.js';
import { tryingAgain } from '../temporal/refusedTries.js';
import { checkRetention } from '../temporal/retention.js';
import { QueuedIntake } from './queuedIntake.js';
import { API_STOP_MS, startApi, type Api } from './server.js';

/** gRPC waits longer after each try to reach a server that is away, two minutes in the end; sources don't wait so long. */
const RECONNECTING = {
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

const CHECK_AGAIN_MS = 5_000;

/** Runs the API. Rejects when the namespace forgets messages before their window ends. */
export async function runApiProcess(context: ProcessContext): Promise<void> {
  const { environment, log, parts } = context;
  const configuration = loadConfiguration(environment);
  const { connectionOptions, namespace } = requireTemporalConnection(environment);
  const metrics = createMetrics();
  const encryption = contentEncryptionOf(configuration, metrics);
  const tracing = startTracing('sendproof-api');
  parts.add('tracing', () => tracing.stop());
  // Lazy: while Temporal is away the API answers 503, and recovers by itself.
  const connection = addConnection(context, connectionOptions);
  const api = await addApi(context, {
    configuration,
    encryption,
    connection,
    longPollConnection: connection,
    namespace,
    tracing,
    metrics: { metrics },
  });
  log.info({ url: api.url, namespace }, 'The API listens');

  const stopping = new AbortController();
  parts.add('check of the namespace', () => {
    stopping.abort();
    watch.stop();
  });
  const windowMs = longestWindowMs(configuration.deduplicationWindow);
  const watch = watchNamespace(connection, namespace, windowMs, log);
  await checkRetentionOnce(connection, namespace, windowMs, { log, signal: stopping.signal });
  await new Promise<never>(() => undefined);
}

/** A connection that is opened with its first call, and again whenever it was lost. */
export function addConnection(
  { parts }: ProcessContext,
  connectionOptions: TemporalConnection['connectionOptions'],
): Connection {
  const connection = Connection.lazy({
    ...connectionOptions,
    interceptors: [tryingAgain],
    channelArgs: { ...RECONNECTING, ...channelArgsFor(connectionOptions.address) },
  });
  parts.add('connection to Temporal', () => connection.close());
  return connection;
}

/** Starts the API as a part of the process. */
export async function addApi(
  processContext: ProcessContext,
  options: {
    configuration: Configuration;
    /** Made of the configuration's keys. */
    encryption: ContentEncryption;
    connection: ConnectionLike;
    /** For calls that Temporal holds open; it must be able to cancel them. */
    longPollConnection: ConnectionLike;
    /** What the database of an embedded server has refused lately. */
    databaseFault?: (() => string | undefined) | undefined;
    /** The queues that this process consumes. */
    queues?: (() => QueueState[]) | undefined;
    namespace: string;
    tracing: Tracing;
    /** Sees the starts of messages. */
    starts?: WorkflowClientInterceptor | undefined;
    metrics: MetricsSource;
  },
): Promise<Api> {
  const { configuration, connection, longPollConnection, namespace, tracing, metrics } = options;
  const { databaseFault, encryption, queues, starts } = options;
  const { dataConverter } = encryption;
  const { environment, log, parts } = processContext;
  destroyEndedKeys(encryption.vault, processContext);
  const intake = await addIntake(processContext, configuration, metrics.metrics);
  const interceptors = {
    workflow: [...tracing.clientInterceptors.workflow, ...(starts ? [starts] : [])],
  };
  const client = new Client({ connection, namespace, dataConverter, interceptors });
  const longPollClient = new Client({ connection: longPollConnection, namespace, dataConverter });
  const api = await startApi({
    configuration,
    encryption,
    reload: () => loadConfiguration(environment),
    client,
    longPollClient,
    databaseFault,
    queues,
    intake,
    metrics,
    log,
  });
  parts.add('API', () => api.close(), API_STOP_MS + 500);
  return api;
}

/** Opens the queue in front of the API, where one is configured. It is connected to with the first request. */
async function addIntake(
  { log, parts }: ProcessContext,
  { intake: configured }: Configuration,
  metrics: Metrics,
): Promise<QueuedIntake | undefined> {
  if (!configured) return undefined;
  const { name, place } = configured;
  const queue = await configured.open({ log: log.child({ queue: name }) });
  parts.add('queue of the intake', () => queue.close());
  log.info({ queue: name, place }, 'What is sent to the API is queued');
  return new QueuedIntake({ name, queue, metrics, log });
}

/** Resolves once Temporal has been reached and the namespace keeps messages for long enough; rejects if it doesn't. */
async function checkRetentionOnce(
  connection: Connection,
  namespace: string,
  windowMs: number,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<void> {
  for (;;) {
    try {
      await checkRetention(connection, namespace, windowMs);
      return;
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      log.warn({ err: error }, 'The retention of the namespace could not be checked; trying again');
      await delay(CHECK_AGAIN_MS, undefined, { signal });
    }
  }
}
