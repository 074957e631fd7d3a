/** TCP ports of this machine. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError } from './configurationError.js';
import { z } from 'zod';

/** What is embedded listens here only: it asks nobody who they are. */
export const LOOPBACK = '127.0.0.1';

export interface WantedPort {
  port: number;
  /** Default: LOOPBACK. */
  host?: string | undefined;
  /** What it is for, as `the API`. */
  purpose: string;
  /** The environment variable that sets it. */
  variable: string;
}

/**
 * Where a free port is looked for: below what systems give to outgoing connections (Linux from 32768, macOS from 49152),
 * since one of those could have it again before the server that it was found for.
 */
const SEARCHED_FROM = 20_000;
const SEARCHED_TO = 32_768;
const SEARCH_TRIES = 100;

/** Resolves with the port given, or for 0 with one that is free. */
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
    // For whatever reason it can't be listened on: another one is tried.
    return false;
  }
}

/**
 * Resolves when all the ports are free and no two are the same, after waiting up to `withinMs` for whoever is just ending.
 * Ports 0 are always free.
 *
 * @throws ConfigurationError that names the first port that is not, and its variable.
 */
export async function demandFreePorts(wanted: readonly WantedPort[], withinMs = 0): Promise<void> {
  const deadline = Date.now() + withinMs;
  const held: Server[] = [];
  try {
    for (const one of wanted) held.push(await hold(one, deadline));
  } finally {
    await Promise.all(held.map(close));
  }
}

async function hold(wanted: WantedPort, deadline: number): Promise<Server> {
  for (;;) {
    try {
      return await listen(wanted.port, wanted.host ?? LOOPBACK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || Date.now() >= deadline) throw refused(wanted, error);
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

function refused({ port, purpose, variable }: WantedPort, cause: unknown): ConfigurationError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  const reason = code === 'EADDRINUSE' ? 'is taken' : `can't be listened on (${code})`;
  return new ConfigurationError(
    `Port ${port}, which ${purpose} needs, ${reason}. Free it, or set ${variable} to another port.`,
    { cause },
  );
}

/** A TCP port; 0: any that is free. */
export const portNumber = z.coerce.number().int().min(0).max(65_535);
