/**
 * Starts what a scenario measures: an embedded Temporal server with an empty SQLite file, the sandbox, and sendproof exactly
 * as `npm start` runs it, each in a process of its own, on free ports, in a temporary directory.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import type { AccountLimits } from '../src/destinations/accountPolicy.js';
import type { FaultInput } from '../src/sandbox/faults.js';
import type { SandboxPost } from '../src/sandbox/posts.js';
import type { SandboxRequest } from '../src/sandbox/requests.js';
import { findTemporalCli } from '../src/embedded/temporalCli.js';
import { DEFAULT_NAMESPACE } from '../src/temporal/connection.js';
import { startDevServer } from '../src/embedded/devServer.js';
import { spawnKept, type KeptProcess } from '../src/embedded/keptProcess.js';
import { resolvePort } from '../src/lib/ports.js';
import { holdToShare } from './processorShare.js';
import { usageOf, type ProcessUsage } from './processUsage.js';
import type { SandboxAddress } from './sandboxProcess.js';

const BARE_TASK_QUEUE = 'bare';
const LEAST_TASK_QUEUE = 'least';

/** Loading the SDK and bundling the workflow takes seconds, on a busy machine much longer. */
const READY_TIMEOUT_MS = 120_000;
const STOP_GRACE_MS = 30_000;

export interface Testbed {
  /** The measuring process's own connection. */
  readonly client: Client;
  readonly serverVersion: string;
  /** The API's URL. */
  readonly apiUrl: string;
  /** The posts in the sandbox's channels. */
  posts(): Promise<SandboxPost[]>;
  /** The sandbox's requests, oldest first. */
  requests(): Promise<SandboxRequest[]>;
  setFault(fault: FaultInput): Promise<void>;
  clearFaults(): Promise<void>;
  /** Starts bare Temporal's worker. Resolves when it polls. */
  startBareWorker(): Promise<TestbedPart & { taskQueue: string }>;
  /** Starts the least hop from HTTP to Slack. Resolves when it listens and polls. */
  startLeastHop(): Promise<TestbedPart & { url: string }>;
  /** Starts sendproof's worker process, where the testbed runs only the API. Resolves when it polls. */
  startWorker(options: WorkerOptions): Promise<TestbedPart>;
  /** What Temporal's server has used since its start. */
  usageOfServer(): Promise<ProcessUsage>;
  /** What sendproof has used since its start: the API, and the workers that its process runs. */
  usageOfSendproof(): Promise<ProcessUsage>;
  /** The size of Temporal's database. */
  databaseBytes(): Promise<number>;
  /** Adds a step that runs before the testbed stops. */
  readonly closeWith: (step: () => Promise<unknown>) => void;
  close(): Promise<void>;
}

/** A scenario's requirements. */
export interface TestbedOptions {
  /** The accounts' limits. Default: none, so that the machine's own speed is measured. */
  limits?: AccountLimits;
  /** The accounts' retry profile. */
  retry?: object;
  /** Whether the sandbox enforces the platforms' own limits. Default false. */
  platformLimits?: boolean;
  /** Runs the API alone: the scenario starts the workers itself. Default false. */
  apiAlone?: boolean;
}

export interface WorkerOptions {
  environment: NodeJS.ProcessEnv;
  /** Options of Node.js itself. */
  nodeOptions: readonly string[];
}

export interface TestbedPart {
  usage(): Promise<ProcessUsage>;
  /** Holds it to so much of one processor, until what this resolves with is called. */
  holdToShare(share: number): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

const UNLIMITED: AccountLimits = { perDestination: 'off', perAccount: 'off' };

/** Resolves when everything runs. Its processes end with this one, however it ends. */
export async function startTestbed(log: Logger, options: TestbedOptions = {}): Promise<Testbed> {
  const cleanUp: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  };
  try {
    return { ...(await build(log, cleanUp, options)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  log: Logger,
  cleanUp: (() => Promise<unknown>)[],
  { limits = UNLIMITED, retry = {}, platformLimits = false, apiAlone = false }: TestbedOptions,
): Promise<Omit<Testbed, 'close'>> {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-bench-'));
  cleanUp.push(() => rm(directory, { recursive: true }));

  const { path: cliPath } = await findTemporalCli({ environment: process.env, log });
  const namespace = DEFAULT_NAMESPACE;
  const databaseFile = join(directory, 'temporal.db');
  // At full load the server warns of calls that took too long and are repeated. The figures include them.
  const quiet = log.child({}, { level: 'error' });
  const server = await startDevServer({ cliPath, databaseFile, port: 0, namespace, log: quiet });
  cleanUp.push(() => server.stop());

  const run = (
    script: string,
    args: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
    nodeOptions: readonly string[] = [],
  ): TestbedProcess => {
    const file = fileURLToPath(new URL(script, import.meta.url));
    // Neither variables nor files that configure the user's own sendproof may have an effect.
    const { PATH } = process.env;
    const part = startProcess(script, [...nodeOptions, file, ...args], {
      cwd: directory,
      environment: { PATH, HOME: directory, ...environment },
    });
    cleanUp.push(() => part.process.stop(STOP_GRACE_MS));
    return part;
  };

  const sandboxArguments = platformLimits ? ['--limits'] : [];
  const sandbox = JSON.parse(
    await run('sandboxProcess.js', sandboxArguments).firstLine,
  ) as SandboxAddress;
  const configuration = join(directory, 'sendproof.yaml');
  // JSON is YAML too.
  await writeFile(configuration, JSON.stringify(configurationOf(sandbox, limits, retry)));
  const port = await resolvePort(0);
  const apiUrl = `http://127.0.0.1:${port}`;
  const settings = {
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: namespace,
    SENDPROOF_CONFIG: configuration,
    SENDPROOF_DATA_DIR: join(directory, 'sendproof'),
    ...sandbox.environment,
  };
  const sendproof = run(apiAlone ? '../src/api/main.js' : '../src/start/main.js', [], {
    PORT: String(port),
    ...settings,
  });
  // Without a worker the API is alive, but not ready.
  const health = new URL(apiAlone ? '/healthz' : '/readyz', apiUrl);
  await Promise.race([answered(health), sendproof.prematureEnd]);

  const connection = await Connection.connect({ address: server.address });
  cleanUp.push(() => connection.close());
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  const control = async (what: string, init?: RequestInit): Promise<unknown> => {
    const response = await fetch(`${sandbox.url}/control/${what}`, init);
    if (!response.ok) throw new Error(`The sandbox answered ${response.status} to ${what}.`);
    return response.status === 204 ? undefined : await response.json();
  };
  return {
    usageOfServer: () => usageOf(server.processGroup),
    usageOfSendproof: () => usageOf(sendproof.process.processGroup),
    databaseBytes: async () => {
      const files = [databaseFile, `${databaseFile}-wal`].map((file) => stat(file));
      return (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0);
    },
    client: new Client({ connection, namespace }),
    serverVersion,
    apiUrl,
    posts: async () => (await control('posts')) as SandboxPost[],
    requests: async () => (await control('requests')) as SandboxRequest[],
    setFault: async (fault) => {
      await control('faults', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      });
    },
    clearFaults: async () => {
      await control('faults', { method: 'DELETE' });
    },
    startBareWorker: async () => {
      const worker = run('bareWorker.js', [server.address, namespace, BARE_TASK_QUEUE]);
      await worker.firstLine;
      return { ...partOf(worker), taskQueue: BARE_TASK_QUEUE };
    },
    startLeastHop: async () => {
      const args = [server.address, namespace, LEAST_TASK_QUEUE];
      const hop = run('leastHop.js', args, sandbox.environment);
      return { url: await hop.firstLine, ...partOf(hop) };
    },
    startWorker: async ({ environment, nodeOptions }) => {
      const variables = { ...settings, ...environment };
      const worker = run('../worker.js', [], variables, nodeOptions);
      // It logs its first line once it is polling.
      await worker.firstLine;
      return partOf(worker);
    },
    closeWith: (step) => void cleanUp.push(step),
  };
}

function partOf({ process }: TestbedProcess): TestbedPart {
  return {
    usage: () => usageOf(process.processGroup),
    holdToShare: (share) => holdToShare(process.processGroup, share),
    stop: () => process.stop(STOP_GRACE_MS),
  };
}

function configurationOf(
  { environment }: SandboxAddress,
  limits: AccountLimits,
  retry: object,
): object {
  return {
    retry: { default: retry },
    accounts: {
      slack: {
        default: {
          apiUrl: environment.SLACK_API_URL,
          token: { env: 'SLACK_BOT_TOKEN' },
          limits,
        },
      },
      teams: {
        default: {
          graphUrl: environment.GRAPH_BASE_URL,
          accessToken: { env: 'GRAPH_ACCESS_TOKEN' },
          limits,
        },
      },
    },
  };
}

/** A Node process of the testbed. Its output is always read, so that it never blocks. */
interface TestbedProcess {
  process: KeptProcess;
  /** The first line that it prints. */
  firstLine: Promise<string>;
  /** Rejects when the process ends. */
  prematureEnd: Promise<never>;
}

function startProcess(
  name: string,
  args: string[],
  options: { cwd: string; environment: NodeJS.ProcessEnv },
): TestbedProcess {
  const kept = spawnKept(process.execPath, args, options);
  let last = '';
  const remember = (lines: Interface): Interface => lines.on('line', (line) => (last = line));
  const printed = remember(createInterface(kept.stdout));
  remember(createInterface(kept.stderr));
  const prematureEnd = kept.exited.then((code): never => {
    throw new Error(`${name} ended (exit code ${code}): ${last}`);
  });
  prematureEnd.catch(() => undefined);
  const firstLine = Promise.race([
    new Promise<string>((resolve) => printed.once('line', resolve)),
    prematureEnd,
  ]);
  firstLine.catch(() => undefined);
  return { process: kept, firstLine, prematureEnd };
}

/** Resolves when this URL of the API answers with success. */
async function answered(health: URL): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(health).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline) {
      throw new Error(`sendproof was not ready within ${READY_TIMEOUT_MS / 1_000} s.`);
    }
    await delay(100);
  }
}
