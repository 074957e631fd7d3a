import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import type { DevServerOptions } from '../../src/embedded/devServer.js';
import { namespaceRetentionMs, raiseNamespaceRetention } from '../../src/temporal/retention.js';
import { SEARCH_ATTRIBUTES } from '../../src/contract/searchAttributes.js';
import { namespaceFaults } from '../../src/temporal/namespaceFaults.js';
import { startOwnServer } from '../ownServer.js';

// Servers and builds are slow on a machine with other things to do.
vi.setConfig({ testTimeout: 90_000 });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const HOUR_MS = 3_600_000;

describe('the embedded Temporal server', () => {
  it('answers with the search attributes and the namespace registered', async () => {
    const connection = await connect((await start({ namespace: 'apart' })).address);

    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: 'apart',
    });

    expect(Object.keys(customAttributes)).toEqual(
      expect.arrayContaining(SEARCH_ATTRIBUTES.map(({ name }) => name)),
    );
  });

  it('registers what the database of an earlier release lacks', async () => {
    const databaseFile = join(await temporaryDirectory(), 'temporal.db');
    const earlier = await start({ databaseFile });
    const { operatorService } = await connect(earlier.address);
    const namespace = 'default';
    await operatorService.removeSearchAttributes({ namespace, searchAttributes: ['Conversation'] });
    await earlier.stop();

    const connection = await connect((await start({ databaseFile })).address);

    expect(await namespaceFaults(connection, namespace, HOUR_MS)).toEqual([]);
  });

  it('names the variable of its port when that is taken', async () => {
    const { address } = await start({});

    await expect(start({ port: portOf(address) })).rejects.toThrow(
      new RegExp(`Port ${portOf(address)}.*set TEMPORAL_PORT`),
    );
  });

  it('names the variable of the Web UI when that port is taken', async () => {
    const uiPort = await takePort();

    await expect(start({ uiPort })).rejects.toThrow(new RegExp(`Port ${uiPort}.*TEMPORAL_UI_PORT`));
  });

  it('serves the Web UI', async () => {
    const { uiUrl } = await start({ uiPort: 0 });

    const answer = await fetch(uiUrl ?? '');

    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('<html');
  });

  it('says what the command said when it can’t start', async () => {
    await expect(start({ databaseFile: '/nowhere/temporal.db' })).rejects.toThrow(
      /ended while it was starting \(exit code 1\): .*nowhere/,
    );
  });

  it('stops when asked to, and frees its port', async () => {
    const server = await start({});

    await server.stop();

    await expect(server.exited).resolves.toBe(0);
    await expect(takePort(portOf(server.address))).resolves.toBe(portOf(server.address));
  });

  it('is gone at once when the process that started it is killed, and finds its data again', async () => {
    const databaseFile = join(await temporaryDirectory(), 'temporal.db');
    const owner = await startInAnotherProcess(databaseFile);
    const connection = await connect(owner.address);
    await new Client({ connection }).workflow.start('anything', {
      workflowId: 'remembered',
      taskQueue: 'unserved',
    });

    owner.process.kill('SIGKILL');
    await vi.waitFor(() => takePort(portOf(owner.address)), { timeout: 30_000 });

    const { address } = await start({ databaseFile });
    const again = new Client({ connection: await connect(address) });
    const { status } = await again.workflow.getHandle('remembered').describe();
    expect(status.name).toBe('RUNNING');
  });

  it('lets its namespace remember for longer, never shorter', async () => {
    const connection = await connect(inject('temporalAddress'));
    const before = await namespaceRetentionMs(connection, 'default');

    await raiseNamespaceRetention(connection, 'default', before + HOUR_MS);
    await raiseNamespaceRetention(connection, 'default', HOUR_MS);

    expect(await namespaceRetentionMs(connection, 'default')).toBe(before + HOUR_MS);
  });
});

async function start(options: Partial<DevServerOptions>) {
  const server = await startOwnServer(options);
  cleanups.push(() => server.stop());
  return server;
}

/** Node runs the build, not this TypeScript. */
const OWNER = `
  const [module, cliPath, databaseFile] = process.argv.slice(1);
  const { startDevServer } = await import(module);
  const log = { warn() {} };
  const server = await startDevServer({ cliPath, databaseFile, port: 0, namespace: 'default', log });
  console.log(server.address);
`;

async function startInAnotherProcess(
  databaseFile: string,
): Promise<{ process: ChildProcess; address: string }> {
  const module = resolve('dist/src/embedded/devServer.js');
  const args = ['--input-type=module', '--eval', OWNER, module, inject('temporalCliPath')];
  const owner = spawn(process.execPath, [...args, databaseFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => owner.kill('SIGKILL'));
  const [address] = (await once(createInterface(owner.stdout), 'line')) as [string];
  return { process: owner, address };
}

async function connect(address: string): Promise<Connection> {
  const connection = await Connection.connect({ address });
  cleanups.push(() => connection.close());
  return connection;
}

/** Holds the port until the test ends. */
async function takePort(port = 0): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}
