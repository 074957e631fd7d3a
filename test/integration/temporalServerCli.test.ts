import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLI_VERSION, findTemporalCli, type TemporalCli } from '../../src/embedded/temporalCli.js';

// Servers and builds are slow on a machine with other things to do.
vi.setConfig({ testTimeout: 90_000 });

const GOOD = 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"';
const OLD = 'echo "temporal version 1.3.0 (Server 1.27.1, UI 2.36.0)"';

const cleanups: (() => unknown)[] = [];
let directory: string;
let bin: string;
let cached: string;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  bin = join(directory, 'bin');
  cached = join(directory, 'cache', 'temporal-cli', CLI_VERSION, 'temporal');
  environment = { PATH: bin, HTTPS_PROXY: await proxyThatNeverAnswers() };
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('finding the temporal command', () => {
  it('takes TEMPORAL_CLI_PATH before all else', async () => {
    await script(join(bin, 'temporal'), GOOD);
    const path = await script(join(directory, 'mine'), GOOD);
    environment.TEMPORAL_CLI_PATH = path;

    expect(await find()).toEqual({ path, foundBy: 'TEMPORAL_CLI_PATH' });
  });

  it.each([
    ['is not there', undefined, 'not found'],
    ['is too old', OLD, '1.27.1 is older than 1.29.1'],
    ['is something else', 'echo hello', 'names no Temporal server'],
    ['fails', 'exit 3', '--version failed (3)'],
  ])('says so when the command in TEMPORAL_CLI_PATH %s', async (_case, body, complaint) => {
    const path = join(directory, 'mine');
    if (body !== undefined) await script(path, body);
    environment.TEMPORAL_CLI_PATH = path;

    await expect(find()).rejects.toThrow(`TEMPORAL_CLI_PATH is ${path}`);
    await expect(find()).rejects.toThrow(complaint);
  });

  it('takes the one on the PATH before the cached one', async () => {
    const path = await script(join(bin, 'temporal'), GOOD);
    await script(cached, GOOD);

    expect(await find()).toEqual({ path, foundBy: 'PATH' });
  });

  it('passes over one on the PATH that is too old', async () => {
    await script(join(bin, 'temporal'), OLD);
    await script(cached, GOOD);

    expect(await find()).toEqual({ path: cached, foundBy: 'cache' });
  });

  it('accepts a newer server, by number and not by letter', async () => {
    const path = await script(join(bin, 'temporal'), 'echo "temporal version 2 (Server 1.100.0)"');

    expect(await find()).toEqual({ path, foundBy: 'PATH' });
  });

  it('gives a download up within seconds when the site does not answer, and builds with Go', async () => {
    await fakeGo(0);
    const startedAt = Date.now();

    expect(await find()).toEqual({ path: cached, foundBy: 'go install' });

    expect(Date.now() - startedAt).toBeLessThan(25_000);
    expect(await goRuns()).toEqual([
      `install github.com/temporalio/cli/cmd/temporal@${CLI_VERSION} local`,
    ]);
    expect(await readdir(dirname(cached))).toEqual(['temporal']);
  });

  it('lists everything that it tried, and what to do, when there is no way', async () => {
    environment.HTTPS_PROXY = 'http://127.0.0.1:1';
    await script(join(bin, 'temporal'), OLD);
    await script(join(bin, 'go'), 'echo "go: cannot do that" >&2; exit 1');

    const failure = find();

    await expect(failure).rejects.toThrow(`${join(bin, 'temporal')} (on the PATH): its server`);
    await expect(failure).rejects.toThrow(`${cached}: not found`);
    await expect(failure).rejects.toThrow('download: Failed to start ephemeral server');
    await expect(failure).rejects.toThrow('go install: go: cannot do that');
    await expect(failure).rejects.toThrow(/TEMPORAL_CLI_PATH.*Go.*TEMPORAL_ADDRESS/s);
  });

  it('refuses what was built when it does not work', async () => {
    environment.HTTPS_PROXY = 'http://127.0.0.1:1';
    await fakeGo(0, 'exit 9');

    await expect(find()).rejects.toThrow('go install: --version failed (9)');
    expect(await readdir(dirname(cached))).toEqual([]);
  });

  it('builds once when two processes need it at once', async () => {
    environment.HTTPS_PROXY = 'http://127.0.0.1:1';
    await fakeGo(2);

    const found = await Promise.all([findInAnotherProcess(), findInAnotherProcess()]);

    expect(found.map(({ foundBy }) => foundBy).sort()).toEqual(['cache', 'go install']);
    expect(await goRuns()).toHaveLength(1);
  });

  it('takes over from a process that was killed while it built', async () => {
    environment.HTTPS_PROXY = 'http://127.0.0.1:1';
    await fakeGo(60);
    const killed = finder();
    await vi.waitFor(async () => expect(await goRuns()).toHaveLength(1), { timeout: 30_000 });
    killed.kill('SIGKILL');
    await once(killed, 'close');
    const builtAMinuteAgo = new Date(Date.now() - 60_000);
    await utimes(join(dirname(cached), 'lock'), builtAMinuteAgo, builtAMinuteAgo);
    await fakeGo(0);

    expect(await find()).toEqual({ path: cached, foundBy: 'go install' });

    expect(await readdir(dirname(cached))).toEqual(['temporal']);
  });
});

function find(): Promise<TemporalCli> {
  return findTemporalCli({
    environment,
    log: pino({ enabled: false }),
    cacheDirectory: join(directory, 'cache'),
  });
}

/** Node runs the build, not this TypeScript. */
const FINDER = `
  const [module, cacheDirectory] = process.argv.slice(1);
  const { findTemporalCli } = await import(module);
  const log = { info() {}, warn() {} };
  console.log(JSON.stringify(await findTemporalCli({ environment: process.env, log, cacheDirectory })));
`;

function finder() {
  const module = resolve('dist/src/embedded/temporalCli.js');
  const args = ['--input-type=module', '--eval', FINDER, module, join(directory, 'cache')];
  const child = spawn(process.execPath, args, {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  return child;
}

async function findInAnotherProcess(): Promise<TemporalCli> {
  return JSON.parse(await text(finder().stdout)) as TemporalCli;
}

async function script(path: string, body: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A `go` that notes how it is run, takes its time, and "builds" a command that works like `built`. */
async function fakeGo(seconds: number, built = GOOD): Promise<void> {
  const product = await script(join(directory, 'product'), built);
  await script(
    join(bin, 'go'),
    `PATH=/usr/bin:/bin
     echo "$1 $3 $GOTOOLCHAIN" >> ${join(directory, 'go-runs')}
     sleep ${seconds}
     cp ${product} "$GOBIN/temporal"`,
  );
}

async function goRuns(): Promise<string[]> {
  return (await readFile(join(directory, 'go-runs'), 'utf8')).trim().split('\n');
}

async function proxyThatNeverAnswers(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
