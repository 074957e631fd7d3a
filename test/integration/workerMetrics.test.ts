/** The metrics of a worker that runs by itself. */
import { pino } from 'pino';
import { Gauge } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { serveMetrics } from '../../src/telemetry/metricsServer.js';
import { LOOPBACK, resolvePort } from '../../src/lib/ports.js';
import { startWorkerProcess } from '../faults/productProcess.js';
import { OPS, startHarness } from '../harness.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function freeAddress(): Promise<string> {
  return `${LOOPBACK}:${await resolvePort(0)}`;
}

it('tell of its attempts, of the Temporal SDK and of the process, where WORKER_METRICS_ADDRESS says', async () => {
  const harness = await startHarness({ workers: false });
  cleanups.push(() => harness.close());
  const address = await freeAddress();
  const worker = await startWorkerProcess(harness, { WORKER_METRICS_ADDRESS: address });
  await harness.send({ deduplicationKey: 'one', destinations: [OPS], content: { text: 'words' } });
  await harness.waitForStatus('one', 'confirmed');

  const response = await fetch(`http://${address}/metrics`);
  const text = await response.text();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toMatch(
    /^sendproof_delivery_attempts_total\{.*platform="slack".*outcome="delivered".*\} 1$/m,
  );
  expect(text).toMatch(/^temporal_sticky_cache_size\{/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  expect((await fetch(`http://${address}/elsewhere`)).status).toBe(404);
  expect(await (await fetch(`http://${address}/healthz`)).json()).toEqual({ status: 'ok' });

  await expect(worker.kill('SIGTERM')).resolves.toBe(0);
  await expect(fetch(`http://${address}/metrics`)).rejects.toThrow();
});

describe('WORKER_METRICS_ADDRESS', () => {
  const source = { metrics: createMetrics() };
  const log = pino({ enabled: false });

  it.each(['', undefined])('of %j serves nothing', async (value) => {
    expect(await serveMetrics(source, { WORKER_METRICS_ADDRESS: value }, log)).toBeUndefined();
  });

  it.each(['9465', 'localhost', '127.0.0.1:', '127.0.0.1:70000', 'http://127.0.0.1:9465'])(
    'of %j is refused, with what it should be',
    async (value) => {
      await expect(serveMetrics(source, { WORKER_METRICS_ADDRESS: value }, log)).rejects.toThrow(
        'set it to host:port, as 127.0.0.1:9465',
      );
    },
  );

  it('that is taken is refused', async () => {
    const address = await freeAddress();
    const server = await serveMetrics(source, { WORKER_METRICS_ADDRESS: address }, log);
    cleanups.push(() => server?.close());
    await expect(serveMetrics(source, { WORKER_METRICS_ADDRESS: address }, log)).rejects.toThrow(
      `${address} can’t be opened (EADDRINUSE)`,
    );
  });
});

it('that can’t be collected are a 500, and the next scrape is answered', async () => {
  const metrics = createMetrics();
  let isBroken = true;
  const broken = [
    () => {
      throw new Error('broken at once');
    },
    () => Promise.reject(new Error('broken later')),
  ];
  for (const [index, breaks] of broken.entries()) {
    const collect = () => (isBroken ? breaks() : undefined);
    new Gauge({ name: `broken_${index}`, help: 'x', registers: [metrics.registry], collect });
  }
  const address = await freeAddress();
  const log = pino({ enabled: false });
  const server = await serveMetrics({ metrics }, { WORKER_METRICS_ADDRESS: address }, log);
  cleanups.push(() => server?.close());
  expect((await fetch(`http://${address}/metrics`)).status).toBe(500);
  isBroken = false;
  expect((await fetch(`http://${address}/metrics`)).status).toBe(200);
});
