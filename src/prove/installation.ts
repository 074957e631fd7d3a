/** Everything that the proof runs on: a server, a sandbox and an API of its own, by free ports and in a directory of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { startDevServer } from '../embedded/devServer.js';
import { findTemporalCli } from '../embedded/temporalCli.js';
import type { Parts } from '../lib/parts.js';
import { DEFAULT_NAMESPACE } from '../temporal/connection.js';
import type { Sandbox } from '../sandbox/interface.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { sandboxVariables } from '../start/sandboxAccounts.js';
import { startExecutable, type KeptExecutable } from './keptExecutable.js';

/** Short waits: it is the kills that this is about. */
const CONFIGURATION =
  'retry: { default: { initialDelay: 200ms, maximumDelay: 1s, attempts: 100 } }\n';

/** A worker with nothing under way ends at once. */
const STOP_GRACE_MS = 1_000;
const SERVER_STOP_MS = 12_000;

export interface Installation {
  readonly sandbox: Sandbox;
  readonly apiUrl: string;
  /** Resolves when the worker polls. */
  startWorker(): Promise<KeptExecutable>;
}

/**
 * Nothing of this user's configuration or data is read or changed.
 *
 * @param options.parts gets each part once it has started
 * @param options.signal is looked at between the steps
 */
export async function startInstallation({
  environment,
  log,
  parts,
  signal,
}: {
  environment: NodeJS.ProcessEnv;
  log: Logger;
  parts: Parts;
  signal: AbortSignal;
}): Promise<Installation> {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-prove-'));
  parts.add('directory', () => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  const configurationFile = join(directory, 'sendproof.yaml');
  await writeFile(configurationFile, CONFIGURATION);

  const sandbox = await startSandbox();
  parts.add('sandbox', () => sandbox.close());
  const { path: cliPath } = await findTemporalCli({ environment, log });
  signal.throwIfAborted();
  const server = await startDevServer({ cliPath, port: 0, namespace: DEFAULT_NAMESPACE, log });
  parts.add('Temporal server', () => server.stop(), SERVER_STOP_MS);
  signal.throwIfAborted();

  const { HOME, PATH } = environment;
  const ofProcesses = {
    ...(HOME !== undefined && { HOME }),
    ...(PATH !== undefined && { PATH }),
    ...sandboxVariables(sandbox, ['slack', 'teams'], {}),
    TEMPORAL_ADDRESS: server.address,
    // Not what this user has set up for other Temporal services.
    TEMPORAL_CONFIG_FILE: join(directory, 'none.toml'),
    SENDPROOF_CONFIG: configurationFile,
    SENDPROOF_DATA_DIR: join(directory, 'data'),
    PORT: '0',
  };
  const api = await startExecutable('api', { environment: ofProcesses, line: 'The API listens' });
  parts.add('API', () => api.stop(STOP_GRACE_MS));
  const { url: apiUrl = '' } = api.started;
  return {
    sandbox,
    apiUrl,
    startWorker: () =>
      startExecutable('worker', { environment: ofProcesses, line: 'The worker runs' }),
  };
}
