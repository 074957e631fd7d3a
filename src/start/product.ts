/** All parts of the product in one process, with a Temporal server and a sandbox where nothing else is configured. */
import { join } from 'node:path';
import { addApi, addConnection } from '../api/process.js';
import { requiredPort } from '../api/server.js';
import { loadConfiguration, longestWindowMs, type Configuration } from '../config/configuration.js';
import { devServerPorts, startDevServer } from '../embedded/devServer.js';
import { loadEmbeddedSettings } from '../embedded/settings.js';
import { findTemporalCli } from '../embedded/temporalCli.js';
import { addIngest, type Ingest } from '../ingest/process.js';
import { assertPortsFree, LOOPBACK } from '../lib/ports.js';
import type { ProcessContext } from '../lib/process.js';
import type { Sandbox } from '../sandbox/interface.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { contentEncryptionOf } from '../telemetry/contentEncryption.js';
import { createMetrics } from '../telemetry/metrics.js';
import { startTracing } from '../telemetry/tracing.js';
import { loadTemporalConnection, type TemporalConnection } from '../temporal/connection.js';
import { connectWorkers } from '../temporal/nativeConnection.js';
import { checkRetention, raiseNamespaceRetention } from '../temporal/retention.js';
import { addWorkers } from '../worker/process.js';
import { installTemporalRuntime } from '../worker/runtime.js';
import { lockDataDirectory } from './dataDirectory.js';
import { EagerStarts } from './eagerStarts.js';
import { keepPrivate } from './privateDirectory.js';
import { forgetInstallation, noteInstallation, type Installation } from './runningInstallation.js';
import {
  destinationToTry,
  platformsWithoutAccount,
  SANDBOX_ACCOUNTS,
  sandboxVariables,
  type SandboxedPlatform,
} from './sandboxAccounts.js';
import { welcome } from './welcome.js';

/** After a sendproof process was killed, its Temporal server keeps its ports for a moment. */
const PORT_WAIT_MS = 2_000;

/** Longer than the server's own grace period, after which it is killed. */
const SERVER_STOP_MS = 12_000;

/** Starts one part after the other, prints their addresses, and rejects as soon as one of them fails. */
export async function runProduct(given: ProcessContext): Promise<never> {
  const { log, parts } = given;
  const base = loadConfiguration(given.environment, SANDBOX_ACCOUNTS);
  const service = loadTemporalConnection(given.environment);
  const sandboxed = platformsWithoutAccount(base);
  parts.add('data directory', await lockDataDirectory(base.dataDirectory, log));
  await keepPrivate(base.dataDirectory, log);
  await assertProductPortsFree(given, base, {
    server: service === undefined,
    sandbox: sandboxed.length > 0,
  });

  const temporal: Temporal = service ?? (await startServer(given, base));
  const sandbox = sandboxed.length > 0 ? await addSandbox(given, base) : undefined;
  const environment = {
    ...(temporal.uiUrl !== undefined && { TEMPORAL_UI_URL: temporal.uiUrl }),
    ...given.environment,
    ...(sandbox && sandboxVariables(sandbox, sandboxed, given.environment)),
  };
  const context = { environment, log, parts };
  // Loaded again, because the environment now has the sandbox's accounts and the Web UI.
  const configuration = loadConfiguration(environment);
  const metrics = createMetrics();
  const encryption = contentEncryptionOf(configuration, metrics);

  const tracing = startTracing('sendproof');
  parts.add('tracing', () => tracing.stop());
  const temporalSdkUrl = await installTemporalRuntime(log);
  const connection = await connectWorkers(temporal);
  parts.add('connection to Temporal', () => connection.close());
  const { namespace } = temporal;
  const windowMs = longestWindowMs(configuration.deduplicationWindow);
  if (service) await checkRetention(connection, namespace, windowMs);
  else await raiseNamespaceRetention(connection, namespace, windowMs);

  const shared = { configuration, encryption, connection, namespace, tracing };
  const eagerStarts = new EagerStarts();
  const workers = await addWorkers(context, {
    ...shared,
    activityInterceptor: eagerStarts.activity,
    metrics,
    temporalSdkUrl,
  });
  // The API shares the workers' connection, so that Temporal may hand the first task of a message to them with the answer to its
  // start. But it can't cancel a call, as one for a client that has left: calls that Temporal holds open have one of their own.
  const longPollConnection = addConnection(context, temporal.connectionOptions);
  const started: { ingest?: Ingest } = {};
  const api = await addApi(context, {
    ...shared,
    longPollConnection,
    starts: eagerStarts.client,
    databaseFault: temporal.databaseFault,
    queues: () => started.ingest?.states() ?? [],
    metrics: { metrics, temporalSdkUrl },
  });
  if (configuration.queues.length > 0) {
    started.ingest = await addIngest(context, { ...shared, longPollConnection, metrics });
  }

  await addNote(given, base, {
    pid: process.pid,
    api: api.url,
    sandbox: sandbox?.url,
    temporal: {
      address: temporal.connectionOptions.address ?? '',
      namespace,
      embedded: service === undefined,
    },
  });
  printWelcome(api.url, temporal, sandbox, sandboxed, configuration);
  const ended = await Promise.race([
    workers.done.then(() => 'worker'),
    ...(temporal.ended ? [temporal.ended.then(() => 'embedded Temporal server')] : []),
  ]);
  throw new Error(`The ${ended} ended by itself.`);
}

/** The Temporal service in use, embedded or not. */
interface Temporal extends TemporalConnection {
  uiUrl?: string | undefined;
  /** Resolves when the embedded server has ended. */
  ended?: Promise<unknown>;
  /** What the embedded server's database has refused lately. */
  databaseFault?: () => string | undefined;
}

async function assertProductPortsFree(
  { environment }: ProcessContext,
  configuration: Configuration,
  needed: { server: boolean; sandbox: boolean },
): Promise<void> {
  const api = requiredPort(configuration);
  const sandbox = {
    port: configuration.sandboxPort,
    purpose: 'the sandbox',
    variable: 'SANDBOX_PORT',
  };
  const server = devServerPorts(loadEmbeddedSettings(environment));
  await assertPortsFree(
    [api, ...(needed.sandbox ? [sandbox] : []), ...(needed.server ? server : [])],
    PORT_WAIT_MS,
  );
}

async function startServer(
  { environment, log, parts }: ProcessContext,
  configuration: Configuration,
): Promise<Temporal> {
  const { path, foundBy } = await findTemporalCli({ environment, log });
  log.info({ path, foundBy }, 'Starting the embedded Temporal server');
  const settings = loadEmbeddedSettings(environment);
  const server = await startDevServer({
    ...settings,
    cliPath: path,
    databaseFile: join(configuration.dataDirectory, 'temporal.db'),
    codecEndpoint: codecEndpoint(configuration),
    log,
  });
  parts.add('Temporal server', () => server.stop(), SERVER_STOP_MS);
  return {
    connectionOptions: { address: server.address },
    namespace: settings.namespace,
    uiUrl: server.uiUrl,
    ended: server.exited,
    databaseFault: () => server.databaseFault(),
  };
}

/** Where the browser that shows the Web UI reaches the API; undefined without encryption, and where the port isn't known yet. */
function codecEndpoint({
  basePath,
  encryption,
  port,
  publicUrl,
}: Configuration): string | undefined {
  if (encryption.keys.length === 0 || (port === 0 && publicUrl === undefined)) return undefined;
  return `${publicUrl ?? `http://${LOOPBACK}:${port}${basePath}`}/v1/codec`;
}

async function addSandbox(
  { parts }: ProcessContext,
  { allowedHosts, sandboxPort, dataDirectory }: Configuration,
): Promise<Sandbox> {
  const sandbox = await startSandbox({
    port: sandboxPort,
    allowedHosts,
    file: join(dataDirectory, 'sandbox.jsonl'),
  });
  parts.add('sandbox', () => sandbox.close());
  return sandbox;
}

/** Messages are delivered without it, too. */
async function addNote(
  { log, parts }: ProcessContext,
  { dataDirectory }: Configuration,
  installation: Installation,
): Promise<void> {
  parts.add('note of the addresses', () => forgetInstallation(dataDirectory));
  await noteInstallation(dataDirectory, installation).catch((error: unknown) => {
    log.warn(
      { err: error },
      'Commands on this machine need --api-url: the addresses can’t be noted',
    );
  });
}

function printWelcome(
  api: string,
  { connectionOptions, namespace, uiUrl }: Temporal,
  sandbox: Sandbox | undefined,
  sandboxed: readonly SandboxedPlatform[],
  { keys }: Configuration,
): void {
  const addresses = {
    api,
    sandbox: sandbox?.url,
    temporal: `${connectionOptions.address ?? ''} (namespace ${namespace})`,
    temporalUi: uiUrl,
  };
  const destinations = [destinationToTry('slack', sandboxed), destinationToTry('teams', sandboxed)];
  process.stdout.write(welcome(addresses, { destinations, withApiKey: keys.length > 0 }));
}
