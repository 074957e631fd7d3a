import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readAcknowledgements } from '../../src/store/acknowledgementProgress.js';
import { CallbackReceiver } from '../callbackReceiver.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startWorkerProcess } from './productProcess.js';
import type { AcknowledgementState } from '../../src/domain/messageState.js';

const cleanups: (() => unknown)[] = [];
let receiver: CallbackReceiver;
beforeEach(async () => {
  receiver = await CallbackReceiver.start();
  cleanups.push(() => receiver.down());
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function harnessWithoutWorkers(acknowledgements: object): Promise<Harness> {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-acknowledgements-'));
  cleanups.push(() => rm(directory, { recursive: true }));
  const secret = { file: join(directory, 'secret') };
  await writeFile(secret.file, receiver.secret);
  const harness = await startHarness({
    workers: false,
    settings: {
      retry: {
        default: { initialDelay: '100ms', maximumDelay: '1s', attempts: 5 },
        // An hour of the profile that is the default, in three seconds: 5 s become 4 ms, an hour becomes 3 s.
        scaled: { initialDelay: '4ms', maximumDelay: '3s', attempts: 1_000, giveUpAfter: '72s' },
      },
      acknowledgements: {
        secret,
        allowedHosts: [receiver.origin],
        allowPrivate: ['127.0.0.0/8'],
        ...acknowledgements,
      },
    },
  });
  cleanups.push(() => harness.close());
  return harness;
}

async function send(harness: Harness, key: string): Promise<void> {
  await harness.send({
    deduplicationKey: key,
    destinations: [OPS],
    content: { text: key },
    acknowledge: { url: receiver.url },
  });
}

async function waitForAcknowledgement(
  harness: Harness,
  key: string,
  reached: (state: AcknowledgementState) => boolean,
): Promise<AcknowledgementState> {
  return await vi.waitFor(
    async () => {
      const { events } = await harness.client.workflow.getHandle(key).fetchHistory();
      const [state] = await readAcknowledgements(harness.client, events ?? []);
      if (state && reached(state)) return state;
      throw new Error(`not so far yet: ${JSON.stringify(state)}`);
    },
    { timeout: 30_000, interval: 50 },
  );
}

describe('a callback host', () => {
  it('that is down for an hour of test time is told afterwards, once, validly signed; nobody waited for it', async () => {
    const harness = await harnessWithoutWorkers({ retry: 'scaled', requestTimeout: '1s' });
    const workers = await harness.startWorkers();
    await receiver.down();
    const downAt = Date.now();
    await send(harness, 'down');
    await harness.waitForStatus('down', 'confirmed');
    const waiting = await waitForAcknowledgement(
      harness,
      'down',
      ({ attempts }) => attempts >= 5 && Date.now() - downAt > 3_000,
    );
    expect(waiting).toMatchObject({ status: 'pending', event: 'message.confirmed' });
    expect(waiting.lastError).toMatch(/ECONNREFUSED/);

    await receiver.up();
    await receiver.waitFor('down', 1);
    const delivered = await waitForAcknowledgement(
      harness,
      'down',
      ({ status }) => status === 'delivered',
    );
    expect(delivered.attempts).toBeGreaterThan(5);
    await workers.shutdown();
    expect(receiver.types()).toEqual(['message.confirmed']);
  });

  it('that was called by a worker that died is called again, by the same id', async () => {
    const harness = await harnessWithoutWorkers({ retry: 'scaled', requestTimeout: '1s' });
    const first = await startWorkerProcess(harness);
    receiver.behaviours.push(() => undefined);
    await send(harness, 'killed');
    await receiver.waitFor('killed', 1);
    await first.kill('SIGKILL');

    await startWorkerProcess(harness);
    const callbacks = await receiver.waitFor('killed', 2, 30_000);
    await waitForAcknowledgement(harness, 'killed', ({ status }) => status === 'delivered');
    expect(callbacks.map(({ id }) => id)).toEqual([callbacks[0]?.id, callbacks[0]?.id]);
    expect(receiver.types()).toEqual(['message.confirmed', 'message.confirmed']);
    await harness.waitForStatus('killed', 'confirmed');
  }, 90_000);

  it('that is never there is given up in the end, and the acknowledgement says so', async () => {
    const harness = await harnessWithoutWorkers({ retry: 'default' });
    const workers = await harness.startWorkers();
    await receiver.down();
    await send(harness, 'never');
    const failed = await waitForAcknowledgement(
      harness,
      'never',
      ({ status }) => status === 'failed',
    );
    expect(failed).toMatchObject({ attempts: 5 });
    expect(failed.lastError).toMatch(/ECONNREFUSED/);
    await harness.waitForStatus('never', 'confirmed');
    await workers.shutdown();
    await receiver.up();
  });
});
