/** The embedded Temporal server: all of its services in one process, with a SQLite file as its database. */
import { createInterface } from 'node:readline';
import { Connection } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Logger } from 'pino';
import { ConfigurationError } from '../lib/configurationError.js';
import { commandEnvironment } from './commandEnvironment.js';
import { checkDatabaseFile, unusableDatabase } from './databaseFile.js';
import { spawnKept, type KeptProcess } from './keptProcess.js';
import { assertPortsFree, LOOPBACK, resolvePort, type RequiredPort } from '../lib/ports.js';
import { channelArgsFor } from '../temporal/connection.js';
import { registerMissingSearchAttributes } from '../temporal/missingSearchAttributes.js';
import { tryingAgain } from '../temporal/refusedTries.js';
import { SEARCH_ATTRIBUTES } from '../contract/searchAttributes.js';

export interface DevServerOptions {
  /** The path of the `temporal` command, from `findTemporalCli`. */
  cliPath: string;
  /** The SQLite file, in an existing directory. If absent, the server keeps everything in memory. */
  databaseFile?: string | undefined;
  /** 0 means any free port. */
  port: number;
  /** 0 means any free port. If absent, there is no Web UI. */
  uiPort?: number | undefined;
  /** The URL of a codec server, with which the Web UI shows what is encrypted. */
  codecEndpoint?: string | undefined;
  namespace: string;
  /** Additional settings of Temporal's dynamic configuration. */
  dynamicConfig?: Readonly<Record<string, boolean | number | string>> | undefined;
  log: Logger;
}

export interface DevServer {
  /** `host:port` of its gRPC service. */
  readonly address: string;
  /** The id of the group of its processes. */
  readonly processGroup: number | undefined;
  /** Of the Web UI; absent without one. */
  readonly uiUrl: string | undefined;
  /** Resolves with the exit code when the server has ended, for any reason. */
  readonly exited: Promise<number>;
  /** What its database has refused lately, in the database's words; undefined if nothing. */
  databaseFault(): string | undefined;
  /** Ends the server, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** The server takes about a second to stop. */
const STOP_GRACE_MS = 10_000;

/** Two seconds on an idle machine; a first start reads 200 MB from the disk. */
const START_TIMEOUT_MS = 60_000;

/**
 * Settings that make the development server fast enough for real work. Measured on 2 cores with a workflow of one activity:
 * a single one takes 150 ms with the defaults and 24 ms with these; of 100 at once, 23–32/s complete with the defaults and
 * 60/s with these.
 */
const DYNAMIC_CONFIG: Readonly<Record<string, boolean | number | string>> = {
  // The server has one history shard, whose queues are polled 20 times a second at the most by default: that adds
  // 50 ms to each of three steps of a workflow.
  'history.transferProcessorMaxPollRPS': 1_000,
  'history.timerProcessorMaxPollRPS': 1_000,
  // Timers fire this much late, as an allowance for clocks that differ between nodes. There is one node. By default (1 s)
  // retries come up to 760 ms late; with both settings 21 ms.
  'history.timerProcessorMaxTimeShift': '10ms',
  // A queue of tasks forgets those that are done when it is saved, by default every 30 s. Until then it goes through all of them
  // whenever it gets a new one: thousands in a spike.
  'history.transferProcessorUpdateAckInterval': '5s',
  'history.visibilityProcessorUpdateAckInterval': '5s',
  'history.timerProcessorUpdateAckInterval': '5s',
  // Fairness keys and their rate limits, which pace every destination by itself, need both. The first is the default from
  // server 1.31 on.
  'matching.useNewMatcher': true,
  'matching.enableFairness': true,
  // A rate limit is divided among a queue's partitions: with the default four it is kept only on average, in bursts.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  // Beyond so many destinations of an account the oldest limits are forgotten, and may then be exceeded; by default 2,000.
  'matching.fairnessKeyRateLimitCacheSize': 100_000,
  // Searches and counts in a second: 100 by default, which some people's open pages use up. The API bounds how many run at once.
  'frontend.namespaceRPS.visibility': 500,
  'frontend.namespaceBurstRatio.visibility': 2,
  // Each search reads the list of search attributes from the database here. By default, 2,000 a second, thousands of decisions
  // at once had searches fail with "System Persistence Max QPS Reached"; the database file itself is the limit.
  'frontend.persistenceMaxQPS': 10_000,
  // Otherwise "something went wrong" is all that is said of a full disk. The server serves this machine alone.
  'frontend.maskInternalErrorDetails': false,
};

const SQLITE_PRAGMAS: Readonly<Record<string, string>> = {
  // A commit appends to one file instead of rewriting pages in another: it doubles the throughput.
  journal_mode: 'wal',
  // Every commit is synced to the disk (FULL). With 1 the server would be a quarter faster, and a power loss could take
  // back what was answered with 202.
  synchronous: '2',
  // In pages of 4 KiB: that file's size, 40 MB, at which its pages are copied to the database. By default it is 4 MB, which a few
  // messages fill, since each of a workflow's three entries for searches is in some 60 indexes. The server then writes 14 % fewer
  // bytes for a message. A commit is synced as before.
  wal_autocheckpoint: '10000',
};

/**
 * Starts a Temporal server that ends with this process, even if this process is killed. The terminal's Ctrl-C doesn't reach
 * the server, so that the worker can finish its attempts before the server stops. Resolves when the server answers, with
 * sendproof's search attributes registered.
 *
 * @throws ConfigurationError if a port is in use, or the server ends while it starts, as with a database that it can't read
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const port = await resolvePort(options.port);
  const uiPort = options.uiPort === undefined ? undefined : await resolvePort(options.uiPort);
  await assertPortsFree(devServerPorts({ port, uiPort }));

  const { databaseFile } = options;
  if (databaseFile !== undefined) await checkDatabaseFile(databaseFile);

  const server = spawnKept(options.cliPath, commandLine({ ...options, port, uiPort }), {
    environment: commandEnvironment(),
  });
  const errorOutput = readErrorOutput(server, options.log);
  const address = `${LOOPBACK}:${port}`;
  try {
    await Promise.race([
      ready(address, options.namespace),
      failIfEnded(server, errorOutput, databaseFile),
    ]);
  } catch (error) {
    await server.stop(0);
    throw error;
  }
  errorOutput.forward(true);
  return {
    address,
    processGroup: server.processGroup,
    uiUrl: uiPort === undefined ? undefined : `http://${LOOPBACK}:${uiPort}`,
    exited: server.exited,
    databaseFault: () => errorOutput.databaseFault(),
    async stop() {
      errorOutput.forward(false);
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
  codecEndpoint,
  databaseFile,
  dynamicConfig,
  port,
  uiPort,
  namespace,
}: DevServerOptions): string[] {
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port)],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(uiPort === undefined || codecEndpoint === undefined
      ? []
      : ['--ui-codec-endpoint', codecEndpoint]),
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

/** While its database refuses writes, the server reports it many times in a second. */
const FAULT_LASTS_MS = 10_000;

interface ErrorOutput {
  /** The last line that the server wrote to standard error. */
  last(): string;
  databaseFault(): string | undefined;
  /** Whether lines are logged. Off at first: a server that starts or stops reports errors about its own services. */
  forward(on: boolean): void;
}

function readErrorOutput(server: KeptProcess, log: Logger): ErrorOutput {
  let last = '';
  let fault: { words: string; at: number } | undefined;
  let forwarding = false;
  server.stdout.resume();
  createInterface(server.stderr).on('line', (line) => {
    if (line.trim() === '') return;
    last = line;
    const words = databaseWords(line);
    if (words !== undefined) fault = { words, at: performance.now() };
    if (forwarding) log.warn({ temporal: line }, 'The Temporal server reported an error');
  });
  return {
    last: () => last,
    databaseFault: () =>
      fault && performance.now() - fault.at < FAULT_LASTS_MS ? fault.words : undefined,
    forward: (on) => {
      forwarding = on;
    },
  };
}

async function failIfEnded(
  server: KeptProcess,
  errorOutput: ErrorOutput,
  databaseFile: string | undefined,
): Promise<never> {
  const code = await server.exited;
  const reason = messageOf(errorOutput.last());
  if (databaseFile !== undefined && DATABASE_FAULT.test(reason)) {
    throw unusableDatabase(databaseFile, `Temporal can’t read it (${reason})`);
  }
  const remedy = reason.includes('unknown userid')
    ? 'Run sendproof as a user with an entry in /etc/passwd, or set TEMPORAL_ADDRESS to use a Temporal service that runs already.'
    : 'Set TEMPORAL_CLI_PATH to another temporal command, SENDPROOF_DATA_DIR to another directory, or TEMPORAL_ADDRESS to a Temporal service.';
  throw new ConfigurationError(
    `The embedded Temporal server ended while it was starting (exit code ${code}): ${reason || 'it wrote no error'}. ${remedy}`,
  );
}

/** What SQLite and Temporal say of a damaged database, one of another program, or one of a newer Temporal. */
const DATABASE_FAULT =
  /no such (?:table|column)|not a database|malformed|disk I\/O|readonly|unable to open database|schema|has no column/i;

/**
 * The server's callers hear of a full disk once, and then only that the "shard status" is "unknown". Its log has the database's
 * words each time, as in `UpdateShard operation failed. Failed to commit transaction. Error: database or disk is full (13)`.
 */
export function databaseWords(line: string): string | undefined {
  const [words] =
    /\b(?:database|disk|attempt to write)\b[^:"]* \(\d+\)/.exec(messageOf(line)) ?? [];
  return words?.replace(/ \(\d+\)$/, '');
}

/** The server writes one JSON document on each line. */
function messageOf(line: string): string {
  try {
    const { msg, error } = JSON.parse(line) as { msg?: string; error?: string };
    return [msg, error].filter(Boolean).join(': ').slice(0, 500);
  } catch {
    return line.slice(0, 500);
  }
}

/** Resolves when the server answers for the namespace, and that has all search attributes: the server adds none to an old one. */
async function ready(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({
    interceptors: [tryingAgain],
    address,
    connectTimeout: START_TIMEOUT_MS,
    // The server is still starting: try again every 50 ms, instead of after longer and longer times.
    channelArgs: {
      ...channelArgsFor(address),
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 50,
    },
  });
  try {
    await connection.withDeadline(Date.now() + START_TIMEOUT_MS, async () => {
      await connection.workflowService.describeNamespace({ namespace });
      await registerMissingSearchAttributes(connection, namespace);
    });
  } finally {
    await connection.close();
  }
}
