/** Workers that Temporal refuses for good end with the cause. While Temporal is only away, they live on. */
import { describe, expect, it, vi, type TestContext } from 'vitest';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { eventually } from '../eventually.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startRefusingProxy, type RefusingProxy } from '../refusingProxy.js';
import { StartDirectory } from '../startedProduct.js';
import { environmentOf, ProductProcess } from './productProcess.js';

vi.setConfig({ testTimeout: 120_000 });

/** On a busy machine; a poll that isn't ended lasts a minute. */
const SOON_MS = 40_000;

interface Started {
  harness: Harness;
  proxy: RefusingProxy;
  worker: ProductProcess;
}

async function startWorker({ onTestFinished }: TestContext): Promise<Started> {
  const harness = await startHarness({ workers: false });
  onTestFinished(() => harness.close());
  const proxy = await startRefusingProxy(harness.temporalAddress);
  onTestFinished(() => proxy.close());
  const worker = new ProductProcess('worker', {
    ...environmentOf(harness),
    TEMPORAL_ADDRESS: proxy.address,
  });
  onTestFinished(() => worker.kill('SIGKILL').then(() => undefined));
  await worker.logged('The worker runs');
  return { harness, proxy, worker };
}

const errorOf = ({ log }: ProductProcess) =>
  JSON.stringify(log.find(({ level }) => level === 60)?.err);

async function expectEnd(worker: ProductProcess, cause: string): Promise<void> {
  const from = performance.now();
  expect(await worker.exited).toBe(1);
  expect(performance.now() - from).toBeLessThan(SOON_MS);
  expect(errorOf(worker)).toContain(cause);
}

describe.concurrent('a worker', () => {
  it('ends when its namespace is deleted', async (test) => {
    const { harness, worker } = await startWorker(test);
    const { namespace } = harness;
    await harness.client.connection.operatorService.deleteNamespace({ namespace });
    await expectEnd(worker, `namespace \\"${namespace}\\" doesn't exist`);
  });

  it.for<[string, RegExp, keyof typeof GRPC_STATUS, string]>([
    ['all calls', /./, 'UNAUTHENTICATED', 'withdrawn by an administrator'],
    ['some polls', /PollActivityTaskQueue/, 'PERMISSION_DENIED', 'PollActivityTaskQueue is'],
  ])('ends when Temporal refuses %s (%s) with %s', async ([, methods, status, cause], test) => {
    const { proxy, worker } = await startWorker(test);
    proxy.refuse(methods, GRPC_STATUS[status], 'withdrawn by an administrator');
    await expectEnd(worker, cause);
  });

  it('lives on while Temporal is away', async (test) => {
    const { harness, proxy, worker } = await startWorker(test);
    for (const status of ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL'] as const) {
      proxy.refuse(/./, GRPC_STATUS[status], 'away');
      // Long enough for two looks at the namespace.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    }
    proxy.allow();
    await harness.send({ deduplicationKey: 'back', destinations: [OPS], content: { text: 'x' } });
    await harness.waitForStatus('back', 'confirmed', 60_000);
    expect(worker.running).toBe(true);
  });

  it('of npm start ends it', async (test) => {
    const { harness, proxy } = await startWorker(test);
    const directory = await StartDirectory.create();
    test.onTestFinished(() => directory.remove());
    Object.assign(directory.environment, {
      TEMPORAL_ADDRESS: proxy.address,
      TEMPORAL_NAMESPACE: harness.namespace,
    });
    const product = await directory.start();
    proxy.refuse(/./, GRPC_STATUS.PERMISSION_DENIED, 'withdrawn by an administrator');
    expect(await product.exitCode).toBe(1);
    await eventually(() => expect(product.output).toContain('withdrawn by an administrator'));
  });
});
