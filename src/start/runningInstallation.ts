/**
 * Where the parts of `npm start` can be reached, in a file of its data directory, so that the commands on this machine find them
 * whatever ports they have. It names no secret.
 */
import { readFileSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { readVariables } from '../lib/environment.js';
import { isRecord } from '../lib/isRecord.js';
import { isLoopback } from '../lib/ports.js';
import { isOtherProcessRunning } from '../lib/runningProcess.js';

const FILE = 'running.json';

export interface Installation {
  /** The id of its process. */
  pid: number;
  /** As `http://127.0.0.1:3000`. */
  api: string;
  /** As `http://127.0.0.1:4010`; absent where every platform has an account. */
  sandbox?: string | undefined;
  temporal: {
    /** As `127.0.0.1:7233`. */
    address: string;
    namespace: string;
    /** Whether it is the installation's own server. */
    embedded: boolean;
  };
}

/** Writes the file. */
export async function noteInstallation(
  directory: string,
  installation: Installation,
): Promise<void> {
  const file = join(directory, FILE);
  const { api, ...others } = installation;
  const text = JSON.stringify({ ...others, api: fromThisMachine(api) }, undefined, 2);
  // Nobody reads half of it.
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Removes the file at once, so that a process that stops waits for nothing else that it has to do. */
export function forgetInstallation(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}

export interface FoundInstallation {
  file: string;
  installation: Installation;
  /** False where it was killed: its file is left, and its addresses may be another program's by now. */
  isRunning: boolean;
}

/**
 * The installation of the environment's data directory; undefined where there is none, or its file is not one.
 *
 * @throws ConfigurationError if SENDPROOF_DATA_DIR can't be used
 */
export function findInstallation(environment: NodeJS.ProcessEnv): FoundInstallation | undefined {
  const { SENDPROOF_DATA_DIR = '.sendproof' } = readVariables(environment, ['SENDPROOF_DATA_DIR']);
  const file = join(SENDPROOF_DATA_DIR, FILE);
  const installation = read(file);
  if (!installation) return undefined;
  return { file, installation, isRunning: isOtherProcessRunning(installation.pid) };
}

function read(file: string): Installation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
  return isInstallation(value) ? value : undefined;
}

/** The commands send their API key to the address: it must be this machine's, whoever wrote the file. */
function isInstallation(value: unknown): value is Installation {
  if (!isRecord(value)) return false;
  const { api, pid, sandbox, temporal } = value;
  return (
    isRecord(temporal) &&
    typeof pid === 'number' &&
    isAddress(api) &&
    (sandbox === undefined || isAddress(sandbox)) &&
    typeof temporal.address === 'string' &&
    typeof temporal.namespace === 'string' &&
    typeof temporal.embedded === 'boolean'
  );
}

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { hostname: host, password, protocol, username } = new URL(value);
  return protocol === 'http:' && username + password === '' && isThisMachine(withoutBrackets(host));
}

function isThisMachine(host: string): boolean {
  if (isLoopback(host) || host === hostname().toLowerCase()) return true;
  return Object.values(networkInterfaces()).some((addresses = []) =>
    addresses.some(({ address }) => address === host),
  );
}

/** What listens on all addresses of the machine is reached on its own. */
function fromThisMachine(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
