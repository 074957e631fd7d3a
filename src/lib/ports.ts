/** TCP ports of this machine. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError } from './configurationError.js';

/** Embedded servers listen on this address only, since they have no authentication. */
export const LOOPBACK = '127.0.0.1';

/** Whether what listens on this host is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export interface RequiredPort {
  port: number;
  /** Default: LOOPBACK. */
  host?: string | undefined;
  /** The environment variable that sets the host; absent where it can't be set. */
  hostVariable?: string;
  /** What needs it, as `the API`. */
  purpose: string;
  /** The environment variable that sets it. */
  variable: string;
}

/**
 * The range in which free ports are searched: below the ports of outgoing connections (Linux from 32768, macOS from 49152).
 * Otherwise such a connection could take the port before the server opens it.
 */
const SEARCHED_FROM = 20_000;
const SEARCHED_TO = 32_768;
const SEARCH_TRIES = 100;

/** Resolves with the given port, or with a free one if it is 0. */
export async function resolvePort(port: number): Promise<number> {
  if (port !== 0) return port;
  for (let tries = 0; tries < SEARCH_TRIES; tries += 1) {
    const candidate = randomInt(SEARCHED_FROM, SEARCHED_TO);
    if (await isFree(candidate)) return candidate;
  }
  throw new Error(`No free port was found from ${SEARCHED_FROM} to ${SEARCHED_TO - 1}.`);
}

async function isFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port, LOOPBACK));
    return true;
  } catch {
    // The reason doesn't matter: another port is tried.
    return false;
  }
}

/**
 * Resolves when all the ports are free and no two are the same. Waits up to `withinMs` for a program that is ending to free
 * its port. Port 0 is always free.
 *
 * @throws ConfigurationError that names the first port that isn't free, and its variable.
 */
export async function assertPortsFree(
  required: readonly RequiredPort[],
  withinMs = 0,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  const held: Server[] = [];
  try {
    for (const port of required) held.push(await hold(port, deadline));
  } finally {
    await Promise.all(held.map(close));
  }
}

async function hold(required: RequiredPort, deadline: number): Promise<Server> {
  for (;;) {
    try {
      return await listen(required.port, required.host ?? LOOPBACK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || Date.now() >= deadline) throw portError(required, error);
      await delay(100);
    }
  }
}

async function listen(port: number, host: string): Promise<Server> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** What `listen` rejected with, as an error that names the variable to change: the port's, or the host's. */
export function portError(required: RequiredPort, cause: unknown): ConfigurationError {
  return new ConfigurationError(explain(required, cause), { cause });
}

function explain({ port, host, purpose, variable, hostVariable }: RequiredPort, cause: unknown) {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  const subject = `Port ${port}, needed by ${purpose},`;
  switch (code) {
    case 'EADDRINUSE':
      return `${subject} is already in use. Free it, or set ${variable} to another port.`;
    case 'EACCES':
      return `${subject} may not be opened by this user. Set ${variable} to a port above 1023.`;
    default:
      return host !== undefined && hostVariable !== undefined
        ? `${hostVariable} is "${host}", which is not an address of this machine (${code}). Set it to one that is, as 127.0.0.1 or 0.0.0.0.`
        : `${subject} can’t be opened (${code}). Set ${variable} to another port.`;
  }
}
