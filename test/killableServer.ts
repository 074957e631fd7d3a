/** A Temporal server with a database file, which can be killed as the kernel would, and started again where it was. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { DevServer } from '../src/embedded/devServer.js';
import { startOwnServer } from './ownServer.js';

export interface KillableServer {
  address(): string;
  kill(): Promise<void>;
  /** Starts it at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startKillableServer(): Promise<KillableServer> {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-test-'));
  const pidFile = join(directory, 'pid');
  const cliPath = join(directory, 'temporal');
  const command = inject('temporalCliPath');
  await writeFile(cliPath, `#!/bin/sh\necho $$ > '${pidFile}'\nexec '${command}' "$@"\n`);
  await chmod(cliPath, 0o755);

  const started: DevServer[] = [];
  const start = async (port: number): Promise<DevServer> => {
    const databaseFile = join(directory, 'temporal.db');
    const server = await startOwnServer({ cliPath, databaseFile, port });
    started.push(server);
    return server;
  };
  let server = await start(0);
  return {
    address: () => server.address,
    kill: async () => {
      process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
      await server.exited;
    },
    start: async () => {
      server = await start(Number(server.address.split(':').at(-1)));
    },
    close: async () => {
      for (const each of started.reverse()) await each.stop();
      await rm(directory, { recursive: true });
    },
  };
}
