/** The data directory of `npm start`. Only one sendproof process can use it at a time. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { lock } from 'proper-lockfile';
import { ConfigurationError } from '../lib/configurationError.js';
import { own } from '../lib/own.js';
import { isOtherProcessRunning } from '../lib/runningProcess.js';

/** Unlocks the directory. */
export type Release = () => Promise<void>;

/**
 * Creates the directory, readable by this user only since it contains messages, and locks it for this process. A lock that a
 * killed process left behind is removed at once.
 *
 * @throws ConfigurationError when another process has locked it, or this user can't write there.
 */
export async function lockDataDirectory(directory: string, log: Logger): Promise<Release> {
  try {
    return await createAndLock(directory, log);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new ConfigurationError(
      `The data directory ${directory} can’t be used: ${own(REASONS, code) ?? 'the system refuses it'} (${code}). Set SENDPROOF_DATA_DIR to a directory that this user may write to.`,
      { cause: error },
    );
  }
}

/** What the errors of the file system mean, in words. */
const REASONS: Partial<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system can only be read',
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a file is in its place',
  ENOSPC: 'no space is left on its disk',
  EDQUOT: 'no space is left for this user',
};

async function createAndLock(directory: string, log: Logger): Promise<Release> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const ownerFile = join(directory, 'pid');
  const unlock = await oneAtATime(directory, () => takeLock(directory, ownerFile, log));
  return async () => {
    await oneAtATime(directory, async () => {
      await unlock();
      await rm(ownerFile, { force: true });
    });
  };
}

/** The lock is taken from a process that no longer runs. It was killed, or the lock would be gone. */
async function takeLock(directory: string, ownerFile: string, log: Logger): Promise<Release> {
  const lockfilePath = join(directory, 'lock');
  const owner = Number(await readFile(ownerFile, 'utf8').catch(() => NaN));
  if (!isOtherProcessRunning(owner)) await rm(lockfilePath, { recursive: true, force: true });

  const unlock = await lock(directory, {
    lockfilePath,
    onCompromised: (error) => {
      log.error({ err: error, directory }, 'The lock on the data directory was lost');
    },
  }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ELOCKED'
      ? alreadyRunning(directory, owner, error)
      : error;
  });
  await writeFile(ownerFile, String(process.pid), { mode: 0o600 });
  return unlock;
}

/** A step takes milliseconds. Where its process is killed in it, the next one waits for `STEP_STALE_MS`. */
const STEP_STALE_MS = 2_000;
const STEP_RETRIES = { retries: 100, factor: 1, minTimeout: 50, maxTimeout: 100, randomize: true };

/**
 * Runs a step that no other process may run in this directory at the same time: between two processes that both find a lock
 * of a process that is gone, the second would remove the lock that the first has just taken.
 */
async function oneAtATime<Result>(directory: string, step: () => Promise<Result>): Promise<Result> {
  const done = await lock(join(directory, 'starting'), {
    realpath: false,
    stale: STEP_STALE_MS,
    retries: STEP_RETRIES,
    // Another one takes over from a process that was frozen in its step.
    onCompromised: () => undefined,
  });
  try {
    return await step();
  } finally {
    await done().catch(() => undefined);
  }
}

function alreadyRunning(directory: string, owner: number, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `sendproof is already running in ${directory} (process ${owner}). Stop that one, or set SENDPROOF_DATA_DIR to another directory.`,
    { cause },
  );
}
