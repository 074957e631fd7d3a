/** Processes in which something fails: they end, and say why, rather than living on with half of their work. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi, type TestContext } from 'vitest';
import { ACKNOWLEDGEMENT_TASK_QUEUE } from '../../src/contract/names.js';
import { startHarness } from '../harness.js';
import { StartDirectory } from '../startedProduct.js';
import { environmentOf, ProductProcess } from './productProcess.js';

vi.setConfig({ testTimeout: 120_000 });

const INJECTED = pathToFileURL(join(import.meta.dirname, 'injectedFailures.mjs')).href;

/** Only the worker of acknowledgements fails: the workflows and the deliveries could go on. */
const inject = (kind: 'creation' | 'run' | 'rejection'): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import ${INJECTED}`,
  INJECTED_FAILURE: kind,
  INJECTED_TASK_QUEUE: ACKNOWLEDGEMENT_TASK_QUEUE,
});

/** Nothing is under way that the process would have to wait for. */
const SOON_MS = 20_000;

async function startFailing(
  { onTestFinished }: TestContext,
  kind: Parameters<typeof inject>[0],
): Promise<ProductProcess> {
  const harness = await startHarness({ workers: false });
  onTestFinished(() => harness.close());
  const worker = new ProductProcess('worker', { ...environmentOf(harness), ...inject(kind) });
  onTestFinished(async () => {
    await worker.kill('SIGKILL');
  });
  return worker;
}

const fatalLines = ({ log }: ProductProcess) => log.filter(({ level }) => level === 60);
const failuresToStop = ({ log }: ProductProcess) =>
  log.filter(({ msg }) => msg.startsWith('did not stop cleanly'));

describe.concurrent('a worker process', () => {
  it('ends with the cause when one of its workers fails', async (test) => {
    const worker = await startFailing(test, 'run');
    await worker.logged('The worker runs');
    const startedAt = Date.now();

    expect(await worker.exited).toBe(1);
    expect(Date.now() - startedAt).toBeLessThan(SOON_MS);
    expect(fatalLines(worker)).toMatchObject([
      {
        err: {
          message: `The worker of the task queue ${ACKNOWLEDGEMENT_TASK_QUEUE} failed: Injected failure: the cause of it`,
          stack: expect.stringContaining('caused by: Error: the cause of it') as string,
        },
      },
    ]);
    expect(failuresToStop(worker)).toEqual([]);
  });

  it('ends with the cause when one of its workers can’t be created', async (test) => {
    const worker = await startFailing(test, 'creation');

    expect(await worker.exited).toBe(1);
    expect(fatalLines(worker)).toMatchObject([
      {
        err: {
          message: `Workers could not be created, for the task queues ${ACKNOWLEDGEMENT_TASK_QUEUE}`,
          aggregateErrors: [{ message: 'Injected failure: the cause of it' }],
        },
      },
    ]);
    // Those that had been created have let go of the connection.
    expect(failuresToStop(worker)).toEqual([]);
  });

  it('ends with the cause of a rejection that nothing handles', async (test) => {
    const worker = await startFailing(test, 'rejection');

    expect(await worker.exited).toBe(1);
    expect(fatalLines(worker)).toMatchObject([
      { origin: 'unhandledRejection', err: { message: 'Injected failure: the cause of it' } },
    ]);
  });
});

describe('npm start', () => {
  it('ends, with everything that it started, when one of its workers fails', async ({
    onTestFinished,
  }) => {
    const directory = await StartDirectory.create();
    onTestFinished(() => directory.remove());
    Object.assign(directory.environment, inject('run'));
    const product = directory.launch();

    expect(await product.exitCode).toBe(1);
    expect(product.output).toContain('Injected failure: the cause of it');
    expect(product.output).not.toContain('did not stop cleanly');
    expect(await directory.processes()).toEqual([]);
  });
});
