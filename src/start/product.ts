/** All parts of the product in one process, with a Temporal server and a sandbox where nothing else is configured. */
import { join } from 'node:path';
import { addApi } from '../api/process.js';
import { loadConfiguration, longestWindowMs, type Configuration } from '../config/configuration.js';
import { devServerPorts, startDevServer } from '../embedded/devServer.js';
import { loadEmbeddedSettings } from '../embedded/settings.js';
import { findTemporalCli } from '../embedded/temporalCli.js';
import { demandFreePorts } from '../lib/ports.js';
import type { ProcessContext } from '../lib/process.js';
import type { Sandbox } from '../sandbox/interface.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { createMetrics } from '../telemetry/metrics.js';
import { startTracing } from '../telemetry/tracing.js';
import { loadTemporalConnection, type TemporalConnection } from '../temporal/connection.js';
import { connectWorkers } from '../temporal/nativeConnection.js';
import { checkRetention, raiseNamespaceRetention } from '../temporal/retention.js';
import { addWorkers } from '../worker/process.js';
import { installTemporalRuntime } from '../worker/runtime.js';
import { takeDataDirectory } from './dataDirectory.js';
import {
  destinationToTry,
  platformsWithoutAccount,
  sandboxVariables,
  type SandboxedPlatform,
} from './sandboxAccounts.js';
import { welcome } from './welcome.js';

/** The server of a sendproof that was killed just now has its ports for a moment longer. */
const PORT_PATIENCE_MS = 2_000;

/** Starts one part after the other, shows where they are, and rejects as soon as one of them fails. */
export async function runProduct(given: ProcessContext): Promise<never> {
  const { log, parts } = given;
  const basis = loadConfiguration(given.environment);
  const service = loadTemporalConnection(given.environment);
  const sandboxed = platformsWithoutAccount(basis);
  parts.add('data directory', await takeDataDirectory(basis.dataDirectory, log));
  await demandPorts(given, basis, {
    server: service === undefined,
    sandbox: sandboxed.length > 0,
  });

  const temporal: Temporal = service ?? (await startServer(given, basis));
  const sandbox = sandboxed.length > 0 ? await addSandbox(given, basis) : undefined;
  const environment = {
    ...(temporal.uiUrl !== undefined && { TEMPORAL_UI_URL: temporal.uiUrl }),
    ...given.environment,
    ...(sandbox && sandboxVariables(sandbox, sandboxed, given.environment)),
  };
  const context = { environment, log, parts };
  // Once more, now that the environment has the sandbox's accounts and the Web UI.
  const configuration = loadConfiguration(environment);

  const tracing = startTracing('sendproof');
  parts.add('tracing', () => tracing.stop());
  const temporalSdkUrl = await installTemporalRuntime(log);
  const connection = await connectWorkers(temporal);
  parts.add('connection to Temporal', () => connection.close());
  const { namespace } = temporal;
  const windowMs = longestWindowMs(configuration.deduplicationWindow);
  if (service) await checkRetention(connection, namespace, windowMs);
  else await raiseNamespaceRetention(connection, namespace, windowMs);

  const metrics = createMetrics();
  const shared = { configuration, connection, namespace, tracing };
  const workers = await addWorkers(context, { ...shared, metrics });
  // On the worker's own connection: two connections fewer, and Temporal may hand a start straight to the worker.
  const api = await addApi(context, { ...shared, metrics: { metrics, temporalSdkUrl } });

  show(api.url, temporal, sandbox, sandboxed, configuration);
  const ended = await Promise.race([
    workers.done.then(() => 'worker'),
    ...(temporal.ended ? [temporal.ended.then(() => 'embedded Temporal server')] : []),
  ]);
  throw new Error(`The ${ended} ended by itself.`);
}

/** A Temporal to work with, embedded or not. */
interface Temporal extends TemporalConnection {
  uiUrl?: string | undefined;
  /** Resolves when the embedded server has ended. */
  ended?: Promise<unknown>;
}

async function demandPorts(
  { environment }: ProcessContext,
  { host, port, sandboxPort }: Configuration,
  needed: { server: boolean; sandbox: boolean },
): Promise<void> {
  const api = { port, host, purpose: 'the API', variable: 'PORT' };
  const sandbox = { port: sandboxPort, purpose: 'the sandbox', variable: 'SANDBOX_PORT' };
  const server = devServerPorts(loadEmbeddedSettings(environment));
  await demandFreePorts(
    [api, ...(needed.sandbox ? [sandbox] : []), ...(needed.server ? server : [])],
    PORT_PATIENCE_MS,
  );
}

async function startServer(
  { environment, log, parts }: ProcessContext,
  { dataDirectory }: Configuration,
): Promise<Temporal> {
  const { path, foundBy } = await findTemporalCli({ environment, log });
  log.info({ path, foundBy }, 'Starting the embedded Temporal server');
  const settings = loadEmbeddedSettings(environment);
  const server = await startDevServer({
    ...settings,
    cliPath: path,
    databaseFile: join(dataDirectory, 'temporal.db'),
    log,
  });
  parts.add('Temporal server', () => server.stop());
  return {
    connectionOptions: { address: server.address },
    namespace: settings.namespace,
    uiUrl: server.uiUrl,
    ended: server.exited,
  };
}

async function addSandbox(
  { parts }: ProcessContext,
  { sandboxPort, dataDirectory }: Configuration,
): Promise<Sandbox> {
  const sandbox = await startSandbox({
    port: sandboxPort,
    file: join(dataDirectory, 'sandbox.jsonl'),
  });
  parts.add('sandbox', () => sandbox.close());
  return sandbox;
}

function show(
  api: string,
  { connectionOptions, namespace, uiUrl }: Temporal,
  sandbox: Sandbox | undefined,
  sandboxed: readonly SandboxedPlatform[],
  { apiKeys }: Configuration,
): void {
  const addresses = {
    api,
    sandbox: sandbox?.url,
    temporal: `${connectionOptions.address ?? ''} (namespace ${namespace})`,
    temporalUi: uiUrl,
  };
  const destinations = [destinationToTry('slack', sandboxed), destinationToTry('teams', sandboxed)];
  process.stdout.write(welcome(addresses, { destinations, withApiKey: apiKeys.length > 0 }));
}
