/** TCP ports of this machine. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError } from '../config/fields.js';

/** Everything embedded listens here only: it has no authentication of its own. */
export const LOOPBACK = '127.0.0.1';

export interface WantedPort {
  port: number;
  /** What it is for, as `the API`. */
  purpose: string;
  /** The environment variable that sets it. */
  variable: string;
}

/** Resolves with the port given, or for 0 with one that is free. */
export async function resolvePort(port: number): Promise<number> {
  return port === 0 ? await probe(0) : port;
}

/**
 * Resolves when the port is free, waiting up to `withinMs` for whoever is just ending.
 *
 * @throws ConfigurationError that names the port and the variable, if it stays taken.
 */
export async function demandFreePort(wanted: WantedPort, withinMs = 0): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const failure = await probe(wanted.port).then(() => undefined, codeOf);
    if (failure === undefined) return;
    if (failure !== 'EADDRINUSE' || Date.now() >= deadline) throw refused(wanted, failure);
    await delay(100);
  }
}

async function probe(port: number): Promise<number> {
  const server = createServer().listen(port, LOOPBACK);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return bound;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function refused({ port, purpose, variable }: WantedPort, failure: string): ConfigurationError {
  const what =
    failure === 'EADDRINUSE'
      ? `Port ${port}, which ${purpose} needs, is taken by another program`
      : `Port ${port}, which ${purpose} needs, can't be listened on (${failure})`;
  return new ConfigurationError(`${what}. Free it, or set ${variable} to another port.`);
}
