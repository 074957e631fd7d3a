/** Finds the `temporal` command, which holds a whole Temporal server, on this machine, or gets it. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import envPaths from 'env-paths';
import type { Logger } from 'pino';
import { buildWithGo, download, installOnce, type Source } from './temporalCliInstallation.js';
import { ConfigurationError } from '../lib/configurationError.js';

/** The CLI that is fetched or built when the machine has none. */
export const CLI_VERSION = 'v1.5.1';

/**
 * The oldest server inside a `temporal` command that is accepted, and the one in `CLI_VERSION`: the first minor version
 * that paces per destination (fairness keys and their rate limits).
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
  /** Where what was fetched or built is kept for every project of this user. */
  cacheDirectory?: string;
}

/**
 * Finds a usable `temporal` command: TEMPORAL_CLI_PATH, the PATH, this user's cache; else puts one into the cache, by
 * the official download or by building it with Go. Any number of processes may ask at once: one fetches, all use it.
 *
 * @throws ConfigurationError if TEMPORAL_CLI_PATH names no usable command, or if there is no way to get one: it lists
 * everything that was tried, and what to do.
 */
export async function findTemporalCli(options: FindTemporalCliOptions): Promise<TemporalCli> {
  const { environment, log } = options;
  const found = await lookForTemporalCli(options);
  if ('path' in found) return found;

  const { directory, path } = cachePlace(options);
  const sources: Source[] = [download(CLI_VERSION), buildWithGo(CLI_VERSION)];
  const installation = await installOnce({ directory, sources, flawOf, environment, log });
  if ('foundBy' in installation) return { path, foundBy: installation.foundBy };
  throw notFound([...found.tried, ...installation.failures]);
}

/**
 * Looks for a usable `temporal` command where `findTemporalCli` does, but gets none: resolves with where it looked in vain.
 *
 * @throws ConfigurationError if TEMPORAL_CLI_PATH names no usable command.
 */
export async function lookForTemporalCli(
  options: FindTemporalCliOptions,
): Promise<TemporalCli | { tried: string[] }> {
  const { environment, log } = options;
  const explicit = environment.TEMPORAL_CLI_PATH;
  if (explicit) return { path: await demandUsable(explicit), foundBy: 'TEMPORAL_CLI_PATH' };

  const tried: string[] = [];
  for (const path of commandsOnPath(environment)) {
    const flaw = await flawOf(path);
    if (flaw === undefined) return { path, foundBy: 'PATH' };
    if (flaw === NOT_THERE) continue;
    log.info(`passing over ${path}: ${flaw}`);
    tried.push(`${path} (on the PATH): ${flaw}`);
  }
  if (tried.length === 0) tried.push('PATH: no temporal command on it');

  const { path } = cachePlace(options);
  const flaw = await flawOf(path);
  if (flaw === undefined) return { path, foundBy: 'cache' };
  tried.push(`${path}: ${flaw}`);
  return { tried };
}

function cachePlace({ cacheDirectory }: FindTemporalCliOptions): {
  directory: string;
  path: string;
} {
  const directory = join(cacheDirectory ?? userCache(), 'temporal-cli', CLI_VERSION);
  return { directory, path: join(directory, 'temporal') };
}

/** `~/.cache/sendproof` on Linux (XDG_CACHE_HOME is honoured), `~/Library/Caches/sendproof` on macOS. */
function userCache(): string {
  return envPaths('sendproof', { suffix: '' }).cache;
}

function commandsOnPath(environment: NodeJS.ProcessEnv): string[] {
  const directories = (environment.PATH ?? '').split(delimiter).filter((entry) => entry !== '');
  return directories.map((directory) => join(directory, 'temporal'));
}

async function demandUsable(path: string): Promise<string> {
  const flaw = await flawOf(path);
  if (flaw === undefined) return path;
  throw new ConfigurationError(
    `TEMPORAL_CLI_PATH is ${path}, which can't be used: ${flaw}. Correct it, or unset it to let sendproof find or fetch the command.`,
  );
}

/** Why the file is no usable `temporal` command; undefined if it is one. */
async function flawOf(path: string): Promise<string | undefined> {
  let output: string;
  try {
    await access(path, constants.X_OK);
    output = (await run(path, ['--version'], { timeout: VERSION_TIMEOUT_MS })).stdout;
  } catch (error) {
    return explain(error);
  }
  // As `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`; a build of one's own calls itself 0.0.0-DEV.
  const server = /Server (\d+\.\d+\.\d+)/u.exec(output)?.[1];
  if (server === undefined) return 'its --version names no Temporal server';
  return versionOrder.compare(server, OLDEST_SERVER) < 0
    ? `its server ${server} is older than ${OLDEST_SERVER}, so it can't pace by destination`
    : undefined;
}

const NOT_THERE = 'not there';
const run = promisify(execFile);
const versionOrder = new Intl.Collator('en', { numeric: true });

function explain(error: unknown): string {
  const { code, signal } = error as NodeJS.ErrnoException & { signal?: string };
  if (code === 'ENOENT') return NOT_THERE;
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
