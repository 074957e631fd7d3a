/** The embedded Temporal server: one process with everything in it, and a SQLite file as its memory. */
import { createInterface } from 'node:readline';
import { Connection } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Logger } from 'pino';
import { spawnKept, type KeptProcess } from './keptProcess.js';
import { assertPortsFree, LOOPBACK, resolvePort, type RequiredPort } from '../lib/ports.js';
import { SEARCH_ATTRIBUTES } from '../contract/searchAttributes.js';

export interface DevServerOptions {
  /** The `temporal` command, as `findTemporalCli` finds it. */
  cliPath: string;
  /** The SQLite file, in a directory that exists. Absent: the server keeps everything in memory. */
  databaseFile?: string | undefined;
  /** 0: any free port. */
  port: number;
  /** 0: any free port. Absent: no Web UI. */
  uiPort?: number | undefined;
  namespace: string;
  /** More of Temporal's dynamic configuration. */
  dynamicConfig?: Readonly<Record<string, boolean | number | string>> | undefined;
  log: Logger;
}

export interface DevServer {
  /** `host:port` of its gRPC service. */
  readonly address: string;
  /** Of the Web UI; absent without one. */
  readonly uiUrl: string | undefined;
  /** Resolves with the exit code when the server has ended, for whatever reason. */
  readonly exited: Promise<number>;
  /** Ends the server, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** A server that is asked to end takes about a second. */
const STOP_GRACE_MS = 10_000;

/** Two seconds on an idle machine; a first start reads 200 MB from the disk. */
const START_TIMEOUT_MS = 60_000;

/**
 * What makes the development server fit for real work. Measured on 2 cores, with a workflow of one activity: alone 150 ms
 * as it comes, 24 ms with these; 100 at once 23–32/s as it comes, 60/s with these.
 */
const DYNAMIC_CONFIG: Readonly<Record<string, boolean | number | string>> = {
  // The server has one history shard, whose queues are polled 20 times a second at the most by default: that costs every
  // workflow 50 ms at each of three steps.
  'history.transferProcessorMaxPollRPS': 1_000,
  'history.timerProcessorMaxPollRPS': 1_000,
  // Timers fire this much late, as an allowance for clocks that differ between nodes. There is one node. By default (1 s)
  // retries come up to 760 ms late; with both settings 21 ms.
  'history.timerProcessorMaxTimeShift': '10ms',
  // Fairness keys and their rate limits, which pace every destination by itself, need both. The first is the default from
  // server 1.31 on.
  'matching.useNewMatcher': true,
  'matching.enableFairness': true,
  // A rate limit is divided among a queue's partitions: with the default four it is kept only on average, in bursts.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

const SQLITE_PRAGMAS: Readonly<Record<string, string>> = {
  // A commit appends to one file instead of rewriting pages in another: it doubles the throughput.
  journal_mode: 'wal',
  // Every commit is synced to the disk (FULL). With 1 the server would be a quarter faster, and a power loss could take
  // back what was answered with 202.
  synchronous: '2',
};

/**
 * Starts a Temporal server that lives no longer than this process, whatever ends it, and that the terminal's Ctrl-C
 * doesn't reach, so that the worker can drain before it goes. Resolves when it answers, with sendproof's search
 * attributes registered.
 *
 * @throws ConfigurationError if a port is taken; it names the port and its environment variable.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const port = await resolvePort(options.port);
  const uiPort = options.uiPort === undefined ? undefined : await resolvePort(options.uiPort);
  await assertPortsFree(devServerPorts({ port, uiPort }));

  const server = spawnKept(options.cliPath, commandLine({ ...options, port, uiPort }));
  const complaints = readComplaints(server, options.log);
  const address = `${LOOPBACK}:${port}`;
  try {
    await Promise.race([ready(address, options.namespace), prematureEnd(server, complaints)]);
  } catch (error) {
    await server.stop(0);
    throw error;
  }
  complaints.forward(true);
  return {
    address,
    uiUrl: uiPort === undefined ? undefined : `http://${LOOPBACK}:${uiPort}`,
    exited: server.exited,
    async stop() {
      complaints.forward(false);
      await server.stop(STOP_GRACE_MS);
    },
  };
}

/** The ports of a server with these numbers, as `assertPortsFree` takes them. */
export function devServerPorts({
  port,
  uiPort,
}: Pick<DevServerOptions, 'port' | 'uiPort'>): RequiredPort[] {
  const service = { port, purpose: 'the embedded Temporal server', variable: 'TEMPORAL_PORT' };
  if (uiPort === undefined) return [service];
  return [service, { port: uiPort, purpose: "Temporal's Web UI", variable: 'TEMPORAL_UI_PORT' }];
}

function commandLine({
  databaseFile,
  dynamicConfig,
  port,
  uiPort,
  namespace,
}: DevServerOptions): string[] {
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port)],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...['--namespace', namespace, '--log-level', 'error', '--log-format', 'json'],
    ...Object.entries({ ...DYNAMIC_CONFIG, ...dynamicConfig }).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
    ...SEARCH_ATTRIBUTES.flatMap(({ name, type }) => [
      '--search-attribute',
      `${name}=${TypedSearchAttributes.toMetadataType(type)}`,
    ]),
    ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile, ...pragmaFlags()]),
  ];
}

function pragmaFlags(): string[] {
  return Object.entries(SQLITE_PRAGMAS).flatMap(([name, value]) => [
    '--sqlite-pragma',
    `${name}=${value}`,
  ]);
}

interface Complaints {
  /** The last that the server said on standard error. */
  last(): string;
  /** Off at first: a server that comes up or goes down complains about its own parts, which come and go one by one. */
  forward(on: boolean): void;
}

function readComplaints(server: KeptProcess, log: Logger): Complaints {
  let last = '';
  let forwarding = false;
  server.stdout.resume();
  createInterface(server.stderr).on('line', (line) => {
    if (line.trim() === '') return;
    last = line;
    if (forwarding) log.warn({ temporal: line }, 'The Temporal server complains');
  });
  return {
    last: () => last,
    forward: (on) => {
      forwarding = on;
    },
  };
}

async function prematureEnd(server: KeptProcess, complaints: Complaints): Promise<never> {
  const code = await server.exited;
  throw new Error(
    `The embedded Temporal server ended while it was starting (exit code ${code}): ${complaints.last()}`,
  );
}

/** Resolves when the server answers for the namespace. */
async function ready(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({
    address,
    connectTimeout: START_TIMEOUT_MS,
    // The server is not there yet: try again every 50 ms, not after a growing number of seconds.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 50 },
  });
  try {
    await connection.withDeadline(Date.now() + START_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } finally {
    await connection.close();
  }
}
