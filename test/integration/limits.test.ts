/** The limits of accounts, as Temporal keeps them. */
import { readFile, writeFile } from 'node:fs/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { resolvePort } from '../../src/lib/ports.js';
import { spawnKept } from '../../src/embedded/keptProcess.js';
import { deliveryTaskQueue } from '../../src/contract/names.js';
import { accountId } from '../../src/domain/account.js';
import { readQueueLimits, setQueueLimits } from '../../src/temporal/queueLimits.js';
import { startHarness, type Harness, type HarnessOptions } from '../harness.js';

const QUEUE = deliveryTaskQueue(accountId({ platform: 'slack', account: 'default' }));

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(options: HarnessOptions): Promise<Harness> {
  const harness = await startHarness(options);
  cleanUp.push(() => harness.close());
  return harness;
}

/** A log that remembers what it was told. */
function remembering(): { log: HarnessOptions['log']; lines: () => string[] } {
  const written: string[] = [];
  const log = pino({}, { write: (line: string) => void written.push(line) });
  return { log, lines: () => written };
}

describe('a worker', () => {
  it('sets the platform’s defaults where the configuration names no limits, a little lower for destinations', async () => {
    const harness = await start({});
    const file = JSON.parse(await readFile(harness.configurationFile, 'utf8')) as {
      accounts: { slack: { default: { limits?: object } } };
    };
    delete file.accounts.slack.default.limits;
    await writeFile(harness.configurationFile, JSON.stringify(file));
    await vi.waitFor(
      async () => {
        const limits = await readQueueLimits(harness.client, QUEUE);
        expect(limits.perQueue).toBe(5);
        expect(limits.perFairnessKey).toBeCloseTo(0.93);
      },
      { timeout: 30_000 },
    );
  });

  it('takes over limits that change in the file while it runs, and keeps the old ones where the file is broken', async () => {
    const { log, lines } = remembering();
    const harness = await start({ limits: { slack: { perAccount: 7 } }, ...(log && { log }) });
    expect((await readQueueLimits(harness.client, QUEUE)).perQueue).toBe(7);
    const text = await readFile(harness.configurationFile, 'utf8');

    await writeFile(harness.configurationFile, 'accounts: [');
    await vi.waitFor(() => expect(lines().join()).toContain('the previous one stays in use'), {
      timeout: 30_000,
    });
    expect((await readQueueLimits(harness.client, QUEUE)).perQueue).toBe(7);

    await writeFile(harness.configurationFile, text.replace('"perAccount":7', '"perAccount":9'));
    await vi.waitFor(
      async () => expect((await readQueueLimits(harness.client, QUEUE)).perQueue).toBe(9),
      { timeout: 30_000 },
    );
  });

  it('leaves limits that are right as they are, with the words of whoever set them', async () => {
    const harness = await start({ workers: false, limits: { slack: { perAccount: 3 } } });
    await setQueueLimits(harness.client, QUEUE, { perQueue: 3 }, 'set by hand');
    await harness.startWorkers();
    expect(await readQueueLimits(harness.client, QUEUE)).toMatchObject({
      perQueue: 3,
      reason: 'set by hand',
    });
  });

  it('warns once and does without limits of destinations on a server that is not fair', async () => {
    const port = await resolvePort(0);
    const server = spawnKept(inject('temporalCliPath'), [
      ...['server', 'start-dev', '--headless', '--port', String(port), '--log-level', 'never'],
      ...['--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1'],
      ...['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
      ...['--dynamic-config-value', 'system.forceSearchAttributesCacheRefreshOnRead=true'],
    ]);
    cleanUp.push(() => server.stop(10_000));
    server.stdout.resume();
    server.stderr.resume();
    const temporalAddress = `127.0.0.1:${port}`;
    const { log, lines } = remembering();
    const harness = await vi.waitFor(
      () =>
        start({
          temporalAddress,
          limits: {
            slack: { perDestination: 1, perAccount: 5 },
            teams: { perDestination: 4, perAccount: 20 },
          },
          ...(log && { log }),
        }),
      { timeout: 25_000, interval: 500 },
    );
    expect(await readQueueLimits(harness.client, QUEUE)).toMatchObject({
      perQueue: 5,
      perFairnessKey: 'off',
    });
    expect(lines().filter((line) => line.includes('is not fair'))).toHaveLength(1);
  }, 60_000);
});
