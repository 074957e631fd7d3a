import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';

// Whole products come up and go down here, on machines with other things to do.
vi.setConfig({ testTimeout: 180_000 });

const run = promisify(execFile);
const cleanups: (() => unknown)[] = [];
let directory: string;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  const configuration = join(directory, 'sendproof.yaml');
  await writeFile(configuration, '{}');
  environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    SENDPROOF_CONFIG: configuration,
    SENDPROOF_DATA_DIR: join(directory, 'data'),
    TEMPORAL_CLI_PATH: inject('temporalCliPath'),
    // Whatever this user has set up for other Temporal services.
    TEMPORAL_CONFIG_FILE: join(directory, 'none.toml'),
    PORT: '0',
    SANDBOX_PORT: '0',
    TEMPORAL_PORT: '0',
    TEMPORAL_UI_PORT: '0',
  };
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('npm start', () => {
  it('shows a command that works as it is, and one Ctrl-C stops everything', async () => {
    const started = await start('npm', ['start']);
    const addresses = ['API', 'Sandbox', 'Temporal', 'Temporal Web UI'].map(started.address);

    // The first line is the command, the second looks at what came of it.
    const [post, look] = started.commands();
    expect((await run('sh', ['-c', post])).stdout).toContain('202 Accepted');
    await vi.waitFor(
      async () => {
        const { stdout } = await run('sh', ['-c', look]);
        expect(JSON.parse(stdout)).toMatchObject({ status: 'confirmed' });
      },
      { timeout: 60_000, interval: 200 },
    );

    started.signal('SIGINT');

    expect(await started.exitCode).toBe(0);
    for (const address of addresses) expect(await answers(address)).toBe(false);
    expect(await processesOfThisTest()).toEqual([]);
  });

  it('finishes what was in flight when it was killed', async () => {
    const keys = ['a', 'b', 'c', 'd'];
    const killed = await startDirectly();
    for (const key of keys) await post(killed.address('API'), key);
    killed.signal('SIGKILL');
    await killed.exitCode;

    const api = (await startDirectly()).address('API');

    await vi.waitFor(
      async () => {
        const statuses = await Promise.all(keys.map((key) => statusOf(api, key)));
        expect(statuses).toEqual(keys.map(() => 'confirmed'));
      },
      { timeout: 60_000, interval: 200 },
    );
  });

  it('says that it is running already in this directory', async () => {
    await startDirectly();

    const { exitCode, output } = await startInVain();

    expect(exitCode).toBe(1);
    expect(output).toContain('already running');
    expect(output).toContain('SENDPROOF_DATA_DIR');
  });

  it.each(['PORT', 'SANDBOX_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'])(
    'names the port and the variable when the port of %s is taken',
    async (variable) => {
      const taken = await takenPort();
      environment[variable] = String(taken);

      const { exitCode, output } = await startInVain();

      expect(exitCode).toBe(1);
      expect(output).toMatch(
        new RegExp(`Port ${taken}, which .* needs, is taken.*set ${variable} `),
      );
      expect(await processesOfThisTest()).toEqual([]);
    },
  );

  it('says which Temporal can’t be reached when one is configured', async () => {
    environment.TEMPORAL_ADDRESS = '127.0.0.1:1';

    const { exitCode, output } = await startInVain();

    expect(exitCode).toBe(1);
    expect(output).toContain('Temporal at 127.0.0.1:1 can’t be reached');
  });

  it('ends, rather than living on without it, when the Temporal server dies', async () => {
    const started = await startDirectly();
    const [server] = (await processesOfThisTest()).filter((line) => !line.includes('keeper'));

    process.kill(Number.parseInt(server ?? ''), 'SIGKILL');

    expect(await started.exitCode).toBe(1);
    expect(started.output()).toContain('The embedded Temporal server ended by itself.');
    expect(await processesOfThisTest()).toEqual([]);
  });
});

function startDirectly(): ReturnType<typeof start> {
  return start(process.execPath, [resolve('dist/src/start.js')]);
}

/** Starts sendproof in a process group of its own, as a terminal does, and waits until it shows its addresses. */
async function start(command: string, args: string[]) {
  const child = spawn(command, args, {
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, name);
  };
  cleanups.push(async () => {
    signal('SIGKILL');
    await exitCode;
    await vi.waitFor(async () => expect(await processesOfThisTest()).toEqual([]));
  });

  const shown = vi.waitFor(() => expect(output).toMatch(/Try:\n\n(?: {2}.*\n)+\n?/), {
    timeout: 90_000,
  });
  await Promise.race([shown, exitCode]);
  expect(output).toContain('sendproof runs');
  return {
    exitCode,
    signal,
    output: () => output,
    /** The address after this name, as the welcome shows it. */
    address: (name: string) => new RegExp(`^  ${name} +(\\S+)`, 'm').exec(output)?.[1] ?? '',
    commands: () => {
      const [first = '', second = ''] = output.split(/^ {2}curl /m).slice(1);
      return [`curl -s ${first}`, `curl -s ${second.split('\n')[0] ?? ''}`] as const;
    },
  };
}

async function startInVain(): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(process.execPath, [resolve('dist/src/start.js')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { exitCode: child.exitCode, output };
}

async function post(api: string, deduplicationKey: string): Promise<void> {
  const answer = await fetch(`${api}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      deduplicationKey,
      destinations: ['slack:default/C0123ABC'],
      content: { text: `message ${deduplicationKey}` },
    }),
  });
  expect(answer.status).toBe(202);
}

async function statusOf(api: string, key: string): Promise<string> {
  const answer = await fetch(`${api}/v1/messages/${key}`);
  return ((await answer.json()) as { status: string }).status;
}

/** Of the processes that were given this test's directory, the id and the command line. */
async function processesOfThisTest(): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(directory))
    .map((line) => line.trim());
}

async function answers(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address.includes('//') ? address : `tcp://${address}`);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}
