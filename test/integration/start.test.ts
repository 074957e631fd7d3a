import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findInstallation } from '../../src/start/runningInstallation.js';
import { runSendproof } from '../sendproofCommand.js';
import { StartDirectory } from '../startedProduct.js';

vi.setConfig({ testTimeout: 180_000 });

const PATIENCE = { timeout: 60_000, interval: 200 };

const run = promisify(execFile);
let directory: StartDirectory;

beforeEach(async () => {
  directory = await StartDirectory.create();
});

afterEach(async () => {
  await directory.remove();
});

describe('npm start', () => {
  it('shows a command that works as it is, and one Ctrl-C stops everything', async () => {
    const product = await directory.start('npm', ['start']);
    const addresses = ['API', 'Sandbox', 'Temporal', 'Temporal Web UI'].map((name) =>
      product.address(name),
    );
    const { post, look } = product.commands();

    expect((await run('sh', ['-c', post])).stdout).toContain('202 Accepted');
    await vi.waitFor(async () => {
      const { stdout } = await run('sh', ['-c', look]);
      expect(JSON.parse(stdout)).toMatchObject({ status: 'confirmed' });
    }, PATIENCE);
    product.signal('SIGINT');

    expect(await product.exitCode).toBe(0);
    for (const address of addresses) expect(await answers(address)).toBe(false);
    expect(await directory.processes()).toEqual([]);
    expect(findInstallation(directory.environment)).toBeUndefined();
  });

  it('starts a message eagerly while there is little to do, and few of many', async () => {
    const product = await directory.start();
    const api = product.address('API');
    const connection = await Connection.connect({ address: product.address('Temporal') });
    const client = new Client({ connection });
    try {
      let lone = 0;
      await vi.waitFor(async () => {
        lone += 1;
        await post(api, `lone ${lone}`);
        expect(await isEager(client, `lone ${lone}`)).toBe(true);
      }, PATIENCE);

      const many = Array.from({ length: 60 }, (_, index) => `one of many ${index}`);
      await Promise.all(many.map((key) => post(api, key)));
      const eager = await Promise.all(many.map((key) => isEager(client, key)));
      expect(eager.filter((each) => each).length).toBeLessThan(many.length / 2);
    } finally {
      await connection.close();
    }
  });

  it('is found by commands at the ports that it has, until it is gone', async () => {
    const product = await directory.start();
    const doctor = () => runSendproof(['doctor'], { environment: directory.environment });

    const { exitCode, stdout } = await doctor();
    expect(stdout).toContain(`✓ embedded server at ${product.address('Temporal')} answers`);
    expect(stdout).toContain(`✓ the sandbox answers at ${product.address('Sandbox')}`);
    expect(stdout).toContain(`✓ the API answers at ${product.address('API')}`);
    expect(stdout).toContain('✓ a worker polls');
    expect(exitCode).toBe(0);

    product.signal('SIGKILL');
    await product.exitCode;
    expect((await doctor()).stdout).toMatch(/– \S+ is of process \d+, which is gone/);
  });

  it('finishes what was in flight when it was killed', async () => {
    const keys = ['a', 'b', 'c', 'd'];
    const killed = await directory.start();
    for (const key of keys) await post(killed.address('API'), key);
    killed.signal('SIGKILL');
    await killed.exitCode;

    const api = (await directory.start()).address('API');

    await vi.waitFor(async () => {
      const statuses = await Promise.all(keys.map((key) => statusOf(api, key)));
      expect(statuses).toEqual(keys.map(() => 'confirmed'));
    }, PATIENCE);
  });

  it('says that it is running already in this directory', async () => {
    await directory.start();

    const second = directory.launch();

    expect(await second.exitCode).toBe(1);
    expect(second.output).toContain('already running');
    expect(second.output).toContain('SENDPROOF_DATA_DIR');
  });

  it.each(['PORT', 'SANDBOX_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'])(
    'names the port and the variable when the port of %s is taken',
    async (variable) => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const taken = (other.address() as AddressInfo).port;
      directory.environment[variable] = String(taken);

      const product = directory.launch();

      expect(await product.exitCode).toBe(1);
      expect(product.output).toMatch(
        new RegExp(`Port ${taken}, needed by .*, is already in use.*set ${variable} `),
      );
      expect(await directory.processes()).toEqual([]);
      other.close();
    },
  );

  it('says which Temporal can’t be reached when one is configured', async () => {
    directory.environment.TEMPORAL_ADDRESS = '127.0.0.1:1';

    const product = directory.launch();

    expect(await product.exitCode).toBe(1);
    expect(product.output).toContain('Temporal at 127.0.0.1:1 can’t be reached');
  });

  it('ends, rather than living on without it, when the Temporal server dies', async () => {
    const product = await directory.start();
    const server = (await directory.processes()).find(({ command }) => !command.includes('sh -c'));

    process.kill(server?.pid ?? 0, 'SIGKILL');

    expect(await product.exitCode).toBe(1);
    expect(product.output).toContain('The embedded Temporal server ended by itself.');
    expect(await directory.processes()).toEqual([]);
  });
});

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

/** Whether the first workflow task came with the answer to the start. */
async function isEager(client: Client, key: string): Promise<boolean> {
  const { events } = await client.workflow.getHandle(key).fetchHistory();
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  return started?.eagerExecutionAccepted === true;
}

async function statusOf(api: string, key: string): Promise<string> {
  const answer = await fetch(`${api}/v1/messages/${key}`);
  return ((await answer.json()) as { status: string }).status;
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
