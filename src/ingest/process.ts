/** The process that consumes the configured queues, and the part of `npm start` that is the same. */
import { Client, type Connection, type ConnectionLike } from '@temporalio/client';
import { createTellOperators } from '../activities/tellOperators.js';
import type { ReceptionContext } from '../api/apiContext.js';
import { ACCEPTING_MESSAGES } from '../api/boundedClients.js';
import { LiveConfiguration } from '../api/liveConfiguration.js';
import { addConnection } from '../api/process.js';
import { loadConfiguration, type Configuration } from '../config/configuration.js';
import { ConfigurationError } from '../lib/configurationError.js';
import type { ProcessContext } from '../lib/process.js';
import { CONSUMER_STOP_MS, type Queue, type QueueState } from '../queues/queue.js';
import { contentEncryptionOf } from '../telemetry/contentEncryption.js';
import { createMetrics, type Metrics } from '../telemetry/metrics.js';
import { serveMetrics } from '../telemetry/metricsServer.js';
import { startTracing, type Tracing } from '../telemetry/tracing.js';
import { boundedClient } from '../temporal/boundedClient.js';
import { requireTemporalConnection } from '../temporal/connection.js';
import type { ContentEncryption } from '../temporal/encryption/contentEncryption.js';
import { WriteProof } from '../temporal/writeProof.js';
import { consumeQueue, type ConsumedQueue } from './consumeQueue.js';
import { DeadLetterNotices } from './deadLetterNotices.js';
import { watchQueues, type WatchedQueue } from './watchQueues.js';

/** Consumes the queues until the process is stopped. */
export async function runIngestProcess(context: ProcessContext): Promise<void> {
  const { environment, log, parts } = context;
  const configuration = loadConfiguration(environment);
  if (configuration.queues.length === 0) {
    throw new ConfigurationError(
      'No queue is configured: add one under "queues" in sendproof.yaml. Without queues, messages come through the API alone.',
    );
  }
  const { connectionOptions, namespace } = requireTemporalConnection(environment);
  const metrics = createMetrics();
  const encryption = contentEncryptionOf(configuration, metrics);
  const states: { ingest?: Ingest } = {};
  const server = await serveMetrics(
    { metrics },
    environment,
    log,
    () => readinessOf(states.ingest?.states()),
    'INGEST_METRICS_ADDRESS',
  );
  if (server) parts.add('metrics', () => server.close());
  const tracing = startTracing('sendproof-ingest');
  parts.add('tracing', () => tracing.stop());
  // Lazy: while Temporal is away the queues wait, and go on by themselves.
  const connection = addConnection(context, connectionOptions);
  states.ingest = await addIngest(context, {
    configuration,
    encryption,
    connection,
    longPollConnection: connection,
    namespace,
    tracing,
    metrics,
  });
  await new Promise<never>(() => undefined);
}

function readinessOf(queues: readonly QueueState[] | undefined) {
  if (!queues) return { ready: false, reasons: ['The consumers have not started yet.'] };
  const reasons = queues.flatMap(({ fault, name }) =>
    fault === undefined ? [] : [`The queue ${name} waits. ${fault}`],
  );
  return { ready: reasons.length === 0, reasons, details: { queues } };
}

export interface Ingest {
  states(): QueueState[];
}

/** How long a call to Temporal may take, as for the API. */
const DEADLINE_MS = 8_000;

/** Calls that may wait for each one that runs: a record of a source may have many events. */
const WAITING = 10;

/** Starts consuming all configured queues, as a part of the process. */
export async function addIngest(
  { environment, log, parts }: ProcessContext,
  options: {
    configuration: Configuration;
    /** Made of the configuration's keys. */
    encryption: ContentEncryption;
    connection: ConnectionLike;
    longPollConnection: Connection;
    namespace: string;
    tracing: Tracing;
    metrics: Metrics;
  },
): Promise<Ingest> {
  const { configuration, connection, metrics, namespace, tracing } = options;
  const { dataConverter } = options.encryption;
  const live = new LiveConfiguration(configuration);
  const stopFollowing = live.follow(() => loadConfiguration(environment), metrics, log);
  const concurrent = configuration.queues.reduce((sum, { inFlight }) => sum + inFlight, 0);
  const client = boundedClient(
    new Client({
      connection,
      namespace,
      dataConverter,
      interceptors: tracing.clientInterceptors,
    }),
    {
      purpose: ACCEPTING_MESSAGES,
      concurrent,
      waiting: concurrent * WAITING,
      deadlineMs: DEADLINE_MS,
    },
  );
  const longPollClient = new Client({
    connection: options.longPollConnection,
    namespace,
    dataConverter,
  });
  const context: ReceptionContext = {
    client,
    get configuration() {
      return live.current;
    },
    log,
    metrics,
    writes: new WriteProof(longPollClient, log),
  };
  const notices = new DeadLetterNotices({
    windowMs: configuration.digest.windowMs,
    tell: createTellOperators({ client, configuration }),
    log,
  });

  const opened: { queue: Queue; consumed: ConsumedQueue }[] = [];
  for (const configured of configuration.queues) {
    const queue = await configured.open({ log: log.child({ queue: configured.name }) });
    opened.push({ queue, consumed: consumeQueue(configured, queue, context, notices) });
    const { inFlight, name, place, source } = configured;
    log.info({ queue: name, place, source, inFlight }, 'The queue is consumed');
  }
  const watched = opened.map(({ consumed, queue }): WatchedQueue => ({
    name: consumed.name,
    fault: () => consumed.fault(),
    lag: () => queue.lag(),
  }));
  const watch = watchQueues(watched, metrics, log);
  parts.add(
    'queues',
    async () => {
      stopFollowing();
      watch.stop();
      await Promise.all(opened.map(({ consumed }) => consumed.stop()));
      await notices.stop();
      await Promise.all(opened.map(({ queue }) => queue.close()));
    },
    CONSUMER_STOP_MS + CLOSE_MS,
  );
  return { states: () => watch.states() };
}

/** Closing connections, and a last notice. */
const CLOSE_MS = 3_000;
