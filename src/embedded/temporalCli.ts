/** Finds the `temporal` command, which contains a Temporal server, on this machine, or installs it. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { commandEnvironment } from './commandEnvironment.js';
import { buildWithGo, download, installOnce, type Source } from './temporalCliInstallation.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { readVariables } from '../lib/environment.js';

/** The version that is downloaded or built if the machine has no usable one. */
export const CLI_VERSION = 'v1.5.1';

/**
 * The oldest accepted server inside a `temporal` command, which is the one in `CLI_VERSION`: the first minor version with
 * rate limits for each destination (fairness keys).
 */
const OLDEST_SERVER = '1.29.1';

/** The first run of a binary of 200 MB from a cold disk takes seconds. */
const VERSION_TIMEOUT_MS = 30_000;

export interface TemporalCli {
  /** Absolute, unless it was given as a relative path in TEMPORAL_CLI_PATH. */
  path: string;
  foundBy: 'TEMPORAL_CLI_PATH' | 'PATH' | 'cache' | 'download' | 'go install';
}

export interface FindTemporalCliOptions {
  environment: NodeJS.ProcessEnv;
  log: Logger;
  /** Where downloaded and built commands are kept, for all projects of this user. */
  cacheDirectory?: string;
}

/**
 * Finds a usable `temporal` command in TEMPORAL_CLI_PATH, on the PATH, or in this user's cache. Otherwise it installs one into
 * the cache, by the official download or by building it with Go. Several processes may call this at once: one of them
 * installs the command, and all use it.
 *
 * @throws ConfigurationError if TEMPORAL_CLI_PATH names no usable command, or if none can be installed: it lists everything
 * that was tried, and what to do.
 */
export async function findTemporalCli(options: FindTemporalCliOptions): Promise<TemporalCli> {
  const { environment, log } = options;
  const found = await lookForTemporalCli(options);
  if ('path' in found) return found;

  const { directory, path } = await writableCache(options);
  const sources: Source[] = [download(CLI_VERSION), buildWithGo(CLI_VERSION)];
  const installation = await installOnce({ directory, sources, problemWith, environment, log });
  if ('foundBy' in installation) return { path, foundBy: installation.foundBy };
  throw notFound([...found.tried, ...installation.failures]);
}

/**
 * Looks for a usable `temporal` command where `findTemporalCli` does, but installs none. If there is none, resolves with the
 * places that it looked in.
 *
 * @throws ConfigurationError if TEMPORAL_CLI_PATH names no usable command.
 */
export async function lookForTemporalCli(
  options: FindTemporalCliOptions,
): Promise<TemporalCli | { tried: string[] }> {
  const { environment, log } = options;
  const { TEMPORAL_CLI_PATH: explicit } = readVariables(environment, ['TEMPORAL_CLI_PATH']);
  if (explicit !== undefined)
    return { path: await assertUsable(explicit), foundBy: 'TEMPORAL_CLI_PATH' };

  const tried: string[] = [];
  for (const path of commandsOnPath(environment)) {
    const problem = await problemWith(path);
    if (problem === undefined) return { path, foundBy: 'PATH' };
    if (problem === NOT_FOUND) continue;
    log.info(`ignoring ${path}: ${problem}`);
    tried.push(`${path} (on the PATH): ${problem}`);
  }
  if (tried.length === 0) tried.push('PATH: no temporal command on it');

  for (const { path } of await cacheLocations(options)) {
    const problem = await problemWith(path);
    if (problem === undefined) return { path, foundBy: 'cache' };
    tried.push(`${path}: ${problem}`);
  }
  return { tried };
}

interface CacheLocation {
  directory: string;
  path: string;
}

/** The user's cache, and the data directory for users without a home. */
async function cacheLocations({
  cacheDirectory,
  environment,
}: FindTemporalCliOptions): Promise<CacheLocation[]> {
  const { SENDPROOF_DATA_DIR = '.sendproof' } = readVariables(environment, ['SENDPROOF_DATA_DIR']);
  const own = cacheDirectory ?? (await userCache());
  const caches = own === undefined ? [] : [own];
  if (cacheDirectory === undefined) caches.push(resolve(SENDPROOF_DATA_DIR, 'cache'));
  return caches.map((cache) => {
    const directory = join(cache, 'temporal-cli', CLI_VERSION);
    return { directory, path: join(directory, 'temporal') };
  });
}

/** @throws ConfigurationError where none of the locations can be written to */
async function writableCache(options: FindTemporalCliOptions): Promise<CacheLocation> {
  const failures: string[] = [];
  for (const location of await cacheLocations(options)) {
    try {
      await mkdir(location.directory, { recursive: true });
      await access(location.directory, constants.W_OK);
      return location;
    } catch (error) {
      failures.push(
        `${location.directory} (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      );
    }
  }
  throw new ConfigurationError(
    `The temporal command can’t be installed, because this user can write neither to its cache nor to the data directory: ${failures.join(', ')}. Set SENDPROOF_DATA_DIR to a directory that it may write to, or TEMPORAL_CLI_PATH to the command.`,
  );
}

/**
 * `~/.cache/sendproof` on Linux (XDG_CACHE_HOME is honoured), `~/Library/Caches/sendproof` on macOS. Undefined where this user has
 * no home directory: then the library can't even be loaded.
 */
async function userCache(): Promise<string | undefined> {
  try {
    const { default: envPaths } = await import('env-paths');
    return envPaths('sendproof', { suffix: '' }).cache;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SYSTEM_ERROR') return undefined;
    throw error;
  }
}

function commandsOnPath(environment: NodeJS.ProcessEnv): string[] {
  const directories = (environment.PATH ?? '').split(delimiter).filter((entry) => entry !== '');
  return directories.map((directory) => join(directory, 'temporal'));
}

async function assertUsable(path: string): Promise<string> {
  const problem = await problemWith(path);
  if (problem === undefined) return path;
  throw new ConfigurationError(
    `TEMPORAL_CLI_PATH is ${path}, which can't be used: ${problem}. Correct it, or unset it to let sendproof find or fetch the command.`,
  );
}

/** Why the file is no usable `temporal` command; undefined if it is one. */
async function problemWith(path: string): Promise<string | undefined> {
  let output: string;
  try {
    await access(path, constants.X_OK);
    const options = { timeout: VERSION_TIMEOUT_MS, env: commandEnvironment() };
    output = (await run(path, ['--version'], options)).stdout;
  } catch (error) {
    return explain(error);
  }
  // As `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`; a build of one's own calls itself 0.0.0-DEV.
  const server = /Server (\d+\.\d+\.\d+)/u.exec(output)?.[1];
  if (server === undefined) return 'its --version names no Temporal server';
  return versionOrder.compare(server, OLDEST_SERVER) < 0
    ? `its server ${server} is older than ${OLDEST_SERVER} and has no rate limits for each destination`
    : undefined;
}

const NOT_FOUND = 'not found';
const run = promisify(execFile);
const versionOrder = new Intl.Collator('en', { numeric: true });

function explain(error: unknown): string {
  const { code, signal } = error as NodeJS.ErrnoException & { signal?: string };
  if (code === 'ENOENT') return NOT_FOUND;
  if (code === 'EACCES') return 'not executable';
  if (signal) return `--version did not answer within ${VERSION_TIMEOUT_MS / 1000} s`;
  return `--version failed (${String(code)})`;
}

function notFound(tried: string[]): ConfigurationError {
  return new ConfigurationError(
    [
      'No Temporal server: sendproof needs the temporal command to run its embedded one. Tried:',
      ...tried.map((attempt) => `  - ${attempt}`),
      'Do one of these:',
      '  - install it (https://docs.temporal.io/cli#install) and put it on the PATH, or name it in TEMPORAL_CLI_PATH;',
      `  - install Go, with which sendproof builds it (go install github.com/temporalio/cli/cmd/temporal@${CLI_VERSION});`,
      '  - set TEMPORAL_ADDRESS to use a Temporal service that runs already.',
    ].join('\n'),
  );
}
