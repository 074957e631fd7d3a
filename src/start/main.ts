/** `npm start`: the whole product on one machine. One process, and beside it the Temporal server that it keeps. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { startApi } from '../api/server.js';
import { loadConfiguration, longestWindowMs, type Configuration } from '../config/configuration.js';
import { createLogger } from '../lib/log.js';
import { runMain, stopSignal } from '../lib/process.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { takeDataDirectory } from './dataDirectory.js';
import { loadEmbeddedSettings } from '../embedded/settings.js';
import { Parts } from './parts.js';
import {
  destinationToTry,
  platformsWithoutAccount,
  sandboxVariables,
  type SandboxedPlatform,
} from './sandboxAccounts.js';
import { welcome } from './welcome.js';
import { createMetrics } from '../telemetry/metrics.js';
import { startTracing } from '../telemetry/tracing.js';
import { findTemporalCli } from '../embedded/temporalCli.js';
import { loadTemporalConnection, type TemporalConnection } from '../temporal/connection.js';
import { devServerPorts, startDevServer } from '../embedded/devServer.js';
import { demandFreePorts } from '../lib/ports.js';
import { checkRetention, raiseNamespaceRetention } from '../temporal/retention.js';
import { installTemporalRuntime } from '../worker/runtime.js';
import { startWorkers } from '../worker/workers.js';
import { ConfigurationError } from '../lib/configurationError.js';
import type { Sandbox } from '../sandbox/interface.js';

const WORKFLOW_BUNDLE = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));

/** The server of a sendproof that was killed just now has its ports for a moment longer. */
const PORT_PATIENCE_MS = 2_000;

const log = createLogger('sendproof', process.env);

await runMain(log, async () => {
  const parts = new Parts(log);
  try {
    await Promise.race([signalled(), live(parts)]);
  } finally {
    await parts.stop();
  }
});
// A start that was interrupted half-way may be waiting for something still.
process.exit();

async function signalled(): Promise<void> {
  const signal = await stopSignal();
  log.info(`${signal}: stopping (once more: at once)`);
}

/** Starts one part after the other, shows where they are, and rejects as soon as one of them fails. */
async function live(parts: Parts): Promise<never> {
  const basis = loadConfiguration(process.env);
  const service = loadTemporalConnection(process.env);
  const sandboxed = platformsWithoutAccount(basis);
  parts.add('data directory', await takeDataDirectory(basis.dataDirectory, log));
  await demandPorts(basis, { server: service === undefined, sandbox: sandboxed.length > 0 });

  const temporal: Temporal = service ?? (await startServer(basis, parts));
  const sandbox = sandboxed.length > 0 ? await play(sandboxed, basis, parts) : undefined;
  if (temporal.uiUrl !== undefined) process.env.TEMPORAL_UI_URL ??= temporal.uiUrl;
  // Once more, now that the environment has the sandbox's accounts and the Web UI.
  const configuration = loadConfiguration(process.env);

  const tracing = startTracing('sendproof');
  parts.add('tracing', () => tracing.stop());
  const temporalSdkMetricsUrl = await installTemporalRuntime(log);
  const connection = await connect(temporal);
  parts.add('connection to Temporal', () => connection.close());
  const { namespace } = temporal;
  const windowMs = longestWindowMs(configuration.deduplicationWindow);
  if (service) await checkRetention(connection, namespace, windowMs);
  else await raiseNamespaceRetention(connection, namespace, windowMs);

  const metrics = createMetrics();
  const workers = await startWorkers({
    connection,
    namespace,
    configuration,
    tracing,
    metrics,
    reload: () => loadConfiguration(process.env),
    workflowBundle: WORKFLOW_BUNDLE,
    log,
  });
  parts.add('worker', () => workers.shutdown());
  // On the worker's own connection: two connections fewer, and Temporal may hand a start straight to the worker.
  const client = new Client({
    connection,
    namespace,
    interceptors: tracing.clientInterceptors,
  });
  const api = await startApi({
    configuration,
    client,
    metrics: { metrics, temporalSdkUrl: temporalSdkMetricsUrl },
    log,
  });
  parts.add('API', () => api.close());

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
  { host, port, sandboxPort }: Configuration,
  needed: { server: boolean; sandbox: boolean },
): Promise<void> {
  const api = { port, host, purpose: 'the API', variable: 'PORT' };
  const sandbox = { port: sandboxPort, purpose: 'the sandbox', variable: 'SANDBOX_PORT' };
  const server = devServerPorts(loadEmbeddedSettings(process.env));
  await demandFreePorts(
    [api, ...(needed.sandbox ? [sandbox] : []), ...(needed.server ? server : [])],
    PORT_PATIENCE_MS,
  );
}

async function startServer({ dataDirectory }: Configuration, parts: Parts): Promise<Temporal> {
  const { path, foundBy } = await findTemporalCli({ environment: process.env, log });
  log.info({ path, foundBy }, 'Starting the embedded Temporal server');
  const settings = loadEmbeddedSettings(process.env);
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

/** Starts the sandbox and lets it play the account `default` of these platforms. */
async function play(
  platforms: readonly SandboxedPlatform[],
  { sandboxPort, dataDirectory }: Configuration,
  parts: Parts,
): Promise<Sandbox> {
  const sandbox = await startSandbox({
    port: sandboxPort,
    file: join(dataDirectory, 'sandbox.jsonl'),
  });
  parts.add('sandbox', () => sandbox.close());
  // Secrets are read from the environment when they are used.
  Object.assign(process.env, sandboxVariables(sandbox, platforms, process.env));
  return sandbox;
}

async function connect({ connectionOptions }: TemporalConnection): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(connectionOptions);
  } catch (error) {
    throw new ConfigurationError(
      `Temporal at ${connectionOptions.address ?? 'an unknown address'} can’t be reached: ${(error as Error).message}. Start it, correct TEMPORAL_ADDRESS (or the profile of Temporal's configuration file), or unset it to use the embedded server.`,
      { cause: error },
    );
  }
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
