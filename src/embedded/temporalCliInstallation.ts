/** Puts the `temporal` command into this user's cache, once, whoever asks. */
import { createRequire } from 'node:module';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { lock } from 'proper-lockfile';
import { spawnKept, type KeptProcess } from './keptProcess.js';

/** Gives a sign of life this often while something takes its time. */
const SIGN_OF_LIFE_MS = 5_000;

/** A download that has written nothing new for this long is given up. */
const DOWNLOAD_STALL_MS = 8_000;
const STALL_CHECK_MS = 250;
const STOP_GRACE_MS = 2_000;

/** Until a lock whose holder was killed is taken over. A holder that lives renews it twice in this time. */
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
  /** Where the command is to be, as `temporal`. */
  directory: string;
  /** In the order of preference. */
  sources: readonly Source[];
  /** Why a file is no usable command; undefined if it is one. */
  flawOf: (path: string) => Promise<string | undefined>;
}

type Installation = { foundBy: 'cache' | Source['name'] } | { failures: string[] };

/**
 * Puts a command that works into the directory, from the first source that can. Holds a lock meanwhile: of several
 * processes one fetches and the others wait for it; one that was killed is taken over from.
 */
export async function installOnce(options: InstallOptions): Promise<Installation> {
  const { directory, log } = options;
  await mkdir(directory, { recursive: true });
  const release = await lockPatiently(directory, log);
  try {
    // Whoever held the lock before us has put it there, or has left its half-made directory behind.
    if ((await options.flawOf(join(directory, 'temporal'))) === undefined) {
      return { foundBy: 'cache' };
    }
    await removeUnfinished(directory);
    return await installFromFirst(options);
  } finally {
    await release();
  }
}

async function installFromFirst(options: InstallOptions): Promise<Installation> {
  const { directory, sources, flawOf, log } = options;
  const failures: string[] = [];
  for (const source of sources) {
    const unfinished = await mkdtemp(join(directory, UNFINISHED));
    try {
      const fetched = await source.fetchInto(unfinished, options);
      const flaw = await flawOf(fetched);
      if (flaw !== undefined) throw new Error(flaw);
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

/** Waits for the lock as long as it takes: its holder shows signs of life, or loses it. */
async function lockPatiently(directory: string, log: Logger): Promise<() => Promise<void>> {
  const acquired = lock(directory, {
    lockfilePath: join(directory, 'lock'),
    stale: LOCK_STALE_MS,
    retries: { forever: true, factor: 1, minTimeout: 500, maxTimeout: 500 },
    // Another process may now fetch too; both put the same command in place by renaming, so there is no harm.
    onCompromised: (error) => {
      log.warn({ err: error }, `lost the lock on ${directory}`);
    },
  });
  return withSignsOfLife(acquired, log, (seconds) => {
    return `another process is fetching the Temporal CLI; waiting for it (${seconds} s)`;
  });
}

async function withSignsOfLife<T>(
  work: Promise<T>,
  log: Logger,
  tell: (seconds: number) => string,
): Promise<T> {
  const startedAt = Date.now();
  const timer = setInterval(() => {
    log.info(tell(Math.round((Date.now() - startedAt) / 1000)));
  }, SIGN_OF_LIFE_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** Run by Node in a process of its own: the SDK's download can't be cancelled, a process can be killed. */
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
        { environment },
      );
      const outcome = await outcomeUnlessStalled(downloader, directory, stallMs);
      if (outcome !== undefined) throw new Error(outcome);
      const [file] = await readdir(directory);
      if (file === undefined) throw new Error('it left no file');
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
        { environment: { ...environment, GOBIN: directory, GOTOOLCHAIN: 'local' } },
      );
      const outcome = await withSignsOfLife(outcomeOf(go), log, (seconds) => {
        return `still building the Temporal CLI (${seconds} s; about three minutes on two cores)`;
      });
      if (outcome !== undefined) throw new Error(outcome);
      return join(directory, 'temporal');
    },
  };
}

/** Undefined when the process ended well, else the last line that it had to say. */
async function outcomeOf(child: KeptProcess): Promise<string | undefined> {
  child.stdout.resume();
  const [complaint, code] = await Promise.all([text(child.stderr), child.exited]);
  if (code === 0) return undefined;
  const lastLine = complaint.trim().split('\n').at(-1);
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
    () => `nothing came for ${stallMs / 1000} s`,
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
