/** Installs the `temporal` command into this user's cache, once for all processes. */
import { createRequire } from 'node:module';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { lock } from 'proper-lockfile';
import { buildEnvironment, downloadEnvironment } from './commandEnvironment.js';
import { spawnKept, type KeptProcess } from './keptProcess.js';

/** How often progress is logged while an installation is running. */
const PROGRESS_LOG_INTERVAL_MS = 5_000;

/** A download that has written nothing new for this long is stopped. */
const DOWNLOAD_STALL_MS = 8_000;
const STALL_CHECK_MS = 250;
const STOP_GRACE_MS = 2_000;

/** When a lock is considered abandoned. A running holder renews it twice in this time. */
const LOCK_STALE_MS = 10_000;

/** One way to get the command. */
export interface Source {
  readonly name: 'download' | 'go install';
  /** Puts the command into the directory and resolves with its path; rejects with what went wrong. */
  fetchInto(directory: string, context: FetchContext): Promise<string>;
}

interface FetchContext {
  environment: NodeJS.ProcessEnv;
  log: Logger;
}

interface InstallOptions extends FetchContext {
  /** Where the command is installed, as `temporal`. */
  directory: string;
  /** In the order of preference. */
  sources: readonly Source[];
  /** Why a file is not a usable command; undefined if it is one. */
  problemWith: (path: string) => Promise<string | undefined>;
}

type Installation = { foundBy: 'cache' | Source['name'] } | { failures: string[] };

/**
 * Installs a usable command into the directory, from the first source that has one. A lock is held meanwhile: of several
 * processes one installs the command and the others wait for it. If that one is killed, another takes over.
 */
export async function installOnce(options: InstallOptions): Promise<Installation> {
  const { directory, log } = options;
  await mkdir(directory, { recursive: true });
  const release = await waitForLock(directory, log);
  try {
    // The previous holder of the lock has installed the command, or has left an unfinished directory behind.
    if ((await options.problemWith(join(directory, 'temporal'))) === undefined) {
      return { foundBy: 'cache' };
    }
    await removeUnfinished(directory);
    return await installFromFirst(options);
  } finally {
    await release();
  }
}

async function installFromFirst(options: InstallOptions): Promise<Installation> {
  const { directory, sources, problemWith, log } = options;
  const failures: string[] = [];
  for (const source of sources) {
    const unfinished = await mkdtemp(join(directory, UNFINISHED));
    try {
      const fetched = await source.fetchInto(unfinished, options);
      const problem = await problemWith(fetched);
      if (problem !== undefined) throw new Error(problem);
      await rename(fetched, join(directory, 'temporal'));
      return { foundBy: source.name };
    } catch (error) {
      const failure = `${source.name}: ${(error as Error).message}`;
      log.info(failure);
      failures.push(failure);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  return { failures };
}

const UNFINISHED = 'unfinished-';

async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith(UNFINISHED)) await rm(join(directory, name), { recursive: true });
  }
}

/** Waits for the lock without a limit: its holder renews it, or loses it. */
async function waitForLock(directory: string, log: Logger): Promise<() => Promise<void>> {
  const acquired = lock(directory, {
    lockfilePath: join(directory, 'lock'),
    stale: LOCK_STALE_MS,
    retries: { forever: true, factor: 1, minTimeout: 500, maxTimeout: 500 },
    // Another process may install the command too now. That does no harm: both move the same command into place.
    onCompromised: (error) => {
      log.warn({ err: error }, `lost the lock on ${directory}`);
    },
  });
  return withProgressLog(acquired, log, (seconds) => {
    return `another process is fetching the Temporal CLI; waiting for it (${seconds} s)`;
  });
}

async function withProgressLog<T>(
  work: Promise<T>,
  log: Logger,
  progress: (seconds: number) => string,
): Promise<T> {
  const startedAt = Date.now();
  const timer = setInterval(() => {
    log.info(progress(Math.round((Date.now() - startedAt) / 1000)));
  }, PROGRESS_LOG_INTERVAL_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** Runs in a Node.js process of its own, because the SDK's download can't be cancelled, but a process can be killed. */
const DOWNLOADER = `
  const [testing, version, downloadDir] = process.argv.slice(1);
  const executable = { type: 'cached-download', version, downloadDir };
  require(testing).TestWorkflowEnvironment.createLocal({ server: { executable } })
    .then((environment) => environment.teardown())
    .catch((error) => { console.error(error.message); process.exitCode = 1; });
`;

/** The official download, as Temporal's SDK does it (proxies from the environment included). */
export function download(version: string, stallMs = DOWNLOAD_STALL_MS): Source {
  return {
    name: 'download',
    async fetchInto(directory, { environment, log }) {
      log.info(`downloading the Temporal CLI ${version}`);
      const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
      const downloader = spawnKept(
        process.execPath,
        ['--eval', DOWNLOADER, testing, version, directory],
        { environment: downloadEnvironment(environment) },
      );
      const outcome = await outcomeUnlessStalled(downloader, directory, stallMs);
      if (outcome !== undefined) throw new Error(outcome);
      const [file] = await readdir(directory);
      if (file === undefined) throw new Error('it produced no file');
      return join(directory, file);
    },
  };
}

/** Builds the command from its published source with the Go toolchain on the PATH; fetches no other toolchain. */
export function buildWithGo(version: string): Source {
  const module = 'github.com/temporalio/cli';
  return {
    name: 'go install',
    async fetchInto(directory, { environment, log }) {
      log.info(`building the Temporal CLI ${version} with Go, once for all projects of this user`);
      const go = spawnKept(
        'go',
        [
          'install',
          // Without debugging symbols, for size; the version is what the release build sets.
          `-ldflags=-s -w -X ${module}/temporalcli.Version=${version.slice(1)}`,
          `${module}/cmd/temporal@${version}`,
        ],
        {
          environment: {
            ...buildEnvironment(environment),
            GOBIN: directory,
            GOTOOLCHAIN: 'local',
            // As the official build: a server that is linked to the C library doesn't start for a user id without a name.
            CGO_ENABLED: '0',
          },
        },
      );
      const outcome = await withProgressLog(outcomeOf(go), log, (seconds) => {
        return `still building the Temporal CLI (${seconds} s; about three minutes on two cores)`;
      });
      if (outcome !== undefined) throw new Error(outcome);
      return join(directory, 'temporal');
    },
  };
}

/** Undefined if the process succeeded, otherwise the last line of its error output. */
async function outcomeOf(child: KeptProcess): Promise<string | undefined> {
  child.stdout.resume();
  const [errorOutput, code] = await Promise.all([text(child.stderr), child.exited]);
  if (code === 0) return undefined;
  const lastLine = errorOutput.trim().split('\n').at(-1);
  return lastLine === undefined || lastLine === '' ? `ended with exit code ${code}` : lastLine;
}

/** As `outcomeOf`, for a process that fills the directory: stops it once nothing was added for `stallMs`. */
async function outcomeUnlessStalled(
  child: KeptProcess,
  directory: string,
  stallMs: number,
): Promise<string | undefined> {
  const watching = new AbortController();
  const stall = untilStalled(directory, stallMs, watching.signal).then(
    () => `no data arrived for ${stallMs / 1000} s`,
  );
  try {
    return await Promise.race([outcomeOf(child), stall]);
  } finally {
    watching.abort();
    await child.stop(STOP_GRACE_MS);
  }
}

async function untilStalled(
  directory: string,
  stallMs: number,
  signal: AbortSignal,
): Promise<void> {
  let size = 0;
  let grewAt = Date.now();
  while (Date.now() - grewAt <= stallMs) {
    await delay(STALL_CHECK_MS, undefined, { signal });
    const sizeNow = await sizeOf(directory);
    if (sizeNow > size) grewAt = Date.now();
    size = sizeNow;
  }
}

async function sizeOf(directory: string): Promise<number> {
  const sizes = (await readdir(directory)).map(async (name) => {
    // A file may be renamed between the two calls.
    const stats = await stat(join(directory, name)).catch(() => undefined);
    return stats?.size ?? 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
