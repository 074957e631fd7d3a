/** The directory where the embedded default keeps its files: one running sendproof at a time. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { lock } from 'proper-lockfile';
import { ConfigurationError } from '../lib/configurationError.js';

/** Lets go of the directory. */
export type Release = () => Promise<void>;

/**
 * Makes the directory, for this user's eyes only (messages are in it), and takes it for this process. What a killed process
 * left locked is taken over at once: the kernel knows that it is gone.
 *
 * @throws ConfigurationError when another process has it.
 */
export async function takeDataDirectory(directory: string, log: Logger): Promise<Release> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lockfilePath = join(directory, 'lock');
  const ownerFile = join(directory, 'pid');
  const owner = Number(await readFile(ownerFile, 'utf8').catch(() => NaN));
  if (!isRunning(owner)) await rm(lockfilePath, { recursive: true, force: true });

  const unlock = await lock(directory, {
    lockfilePath,
    onCompromised: (error) => {
      log.error({ err: error }, `lost the lock on ${directory}`);
    },
  }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ELOCKED'
      ? alreadyRunning(directory, owner, error)
      : error;
  });
  await writeFile(ownerFile, String(process.pid));
  return async () => {
    await rm(ownerFile, { force: true });
    await unlock();
  };
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It runs, as another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function alreadyRunning(directory: string, owner: number, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `sendproof is already running in ${directory} (process ${owner}). Stop that one, or set SENDPROOF_DATA_DIR to another directory.`,
    { cause },
  );
}
