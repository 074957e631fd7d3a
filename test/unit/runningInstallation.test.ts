/** How the commands find what runs on this machine. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateApi } from '../../src/cli/apiLocation.js';
import { checkInstallation } from '../../src/cli/doctor/installation.js';
import { locateTemporal } from '../../src/cli/doctor/temporalService.js';
import {
  findInstallation,
  forgetInstallation,
  noteInstallation,
  type Installation,
} from '../../src/start/runningInstallation.js';

let directory: string;
let environment: NodeJS.ProcessEnv;
let product: ChildProcess;
let installation: Installation;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-running-'));
  environment = { SENDPROOF_DATA_DIR: directory, TEMPORAL_CONFIG_FILE: join(directory, 'none') };
  product = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' });
  await once(product, 'spawn');
  installation = {
    pid: product.pid ?? 0,
    api: 'http://127.0.0.1:23000',
    sandbox: 'http://127.0.0.1:24010',
    temporal: { address: '127.0.0.1:27233', namespace: 'mine', embedded: true },
  };
});
afterEach(async () => {
  await end();
  await rm(directory, { recursive: true });
});

async function end(): Promise<void> {
  if (product.exitCode !== null || product.signalCode !== null) return;
  product.kill('SIGKILL');
  await once(product, 'exit');
}

const note = (changes: object = {}) => noteInstallation(directory, { ...installation, ...changes });
const apiUrl = (more: NodeJS.ProcessEnv = {}, option?: string) =>
  locateApi(option, { ...environment, ...more }).url;

const DEFAULT = 'http://127.0.0.1:3000';

describe('the API', () => {
  it('is that of the installation, unless the command or the environment has an address', async () => {
    expect(apiUrl()).toBe(DEFAULT);
    await note();
    expect(apiUrl()).toBe(installation.api);
    expect(apiUrl({ PORT: '0' })).toBe(installation.api);
    expect(apiUrl({ PORT: '4000' })).toBe('http://127.0.0.1:4000');
    expect(apiUrl({ SENDPROOF_URL: 'http://a.example' })).toBe('http://a.example');
    expect(apiUrl({}, 'http://b.example')).toBe('http://b.example');
    forgetInstallation(directory);
    expect(apiUrl()).toBe(DEFAULT);
  });

  it.each([
    ['http://0.0.0.0:3000', 'http://127.0.0.1:3000'],
    ['http://[::]:3000', 'http://[::1]:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('that listens at %s is asked at %s', async (api, asked) => {
    await note({ api });
    expect(apiUrl()).toBe(asked);
  });

  it('of a process that is gone is not asked', async () => {
    await note();
    await end();
    expect(findInstallation(environment)).toMatchObject({ isRunning: false });
    expect(apiUrl()).toBe(DEFAULT);
  });

  it.each(['', '{"pid": 1', '[]', '{"pid": 1, "api": "http://127.0.0.1:1"}'])(
    'is not read from a file that is no such note: %j',
    async (text) => {
      await writeFile(join(directory, 'running.json'), text);
      expect(apiUrl()).toBe(DEFAULT);
    },
  );

  it('is not that of a process whose id the command itself has by now', async () => {
    await note({ pid: process.pid });
    expect(apiUrl()).toBe(DEFAULT);
  });

  it.each([
    'http://elsewhere.example:3000',
    'https://127.0.0.1:3000',
    'http://user@127.0.0.1:3000',
    'http://127.0.0.1.elsewhere.example',
    'file:///etc/passwd',
  ])('gets no key at %s, which this product has not written', async (api) => {
    await note({ api });
    expect(apiUrl()).toBe(DEFAULT);
  });
});

it('the file is its user’s alone, and the only one', async () => {
  await note();
  expect(await readdir(directory)).toEqual(['running.json']);
  expect((await stat(join(directory, 'running.json'))).mode & 0o777).toBe(0o600);
});

describe('the Temporal service', () => {
  it('is that of the installation, unless the environment has another', async () => {
    await note();
    expect(locateTemporal(environment)).toEqual({
      connectionOptions: { address: '127.0.0.1:27233' },
      namespace: 'mine',
      embedded: true,
    });
    const at = (more: NodeJS.ProcessEnv) => locateTemporal({ ...environment, ...more });
    expect(at({ TEMPORAL_PORT: '0', TEMPORAL_NAMESPACE: 'x' })).toMatchObject({
      connectionOptions: { address: '127.0.0.1:27233' },
      namespace: 'x',
    });
    const port = at({ TEMPORAL_PORT: '7000' });
    expect(port.connectionOptions.address).toBe('127.0.0.1:7000');
    const service = at({ TEMPORAL_ADDRESS: 'temporal.example:7233' });
    expect(service.connectionOptions.address).toBe('temporal.example:7233');
    await end();
    expect(locateTemporal(environment).connectionOptions.address).toBe('127.0.0.1:7233');
  });
});

describe('doctor', () => {
  let sandbox: Server;
  beforeEach(async () => {
    sandbox = createServer((_request, response) => response.end('posts'));
    await once(sandbox.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => sandbox.close());

  it('says what runs, and asks its sandbox', async () => {
    expect(await checkInstallation(environment)).toEqual([]);
    const url = `http://127.0.0.1:${(sandbox.address() as AddressInfo).port}`;
    await note({ sandbox: url });
    expect(await checkInstallation(environment)).toEqual([
      { state: 'ok', what: `process ${installation.pid} runs from ${directory}` },
      { state: 'ok', what: `the sandbox answers at ${url}` },
    ]);
    sandbox.closeAllConnections();
    sandbox.close();
    expect((await checkInstallation(environment))[1]).toMatchObject({
      state: 'broken',
      what: `the sandbox does not answer at ${url}`,
    });
  });

  it('notices the file of a process that is gone', async () => {
    await note();
    await end();
    expect(await checkInstallation(environment)).toMatchObject([
      {
        state: 'note',
        what: expect.stringContaining(`of process ${installation.pid}, which is gone`) as string,
        remedy: expect.stringContaining('npm start') as string,
      },
    ]);
  });
});
