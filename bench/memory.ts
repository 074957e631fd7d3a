/** What a worker process holds in memory, by the number of workflows that it keeps ready. */
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { resolvePort } from '../src/lib/ports.js';
import { parkMessages } from './deadLetters.js';
import type { MemoryReport } from './memoryProbe.js';
import type { Scenario } from './scenario.js';
import { startTestbed, type Testbed } from './testbed.js';
import { median } from './statistics.js';
import { surroundings } from './surroundings.js';
import { textTable } from './textTable.js';

/** Before Node.js 24 memory grows with the square of the number: see `src/worker/workflowCache.ts`. */
const CACHE_SIZES =
  Number.parseInt(process.versions.node) < 24
    ? [50, 100, 200, 400]
    : [200, 500, 1_000, 1_500, 2_000];
const QUICK_CACHE_SIZES = [50, 100];

/** So many more than fit pass through a cache: what was pushed out leaves garbage, and is replayed. */
const PASSING_THROUGH = 1.25;
const RETRIED = 20;
const CHANNELS = 50;
const REPLAYS_AT_ONCE = 20;
const SETTLING_MS = 2_000;
const PROBE = new URL('memoryProbe.js', import.meta.url).href;
const MIB = 2 ** 20;

interface Measurement extends MemoryReport {
  cacheSize: number;
  /** As the worker's own metrics say. */
  cached: number;
  /** From the request to the post's receipt, median, of messages that the worker had ready and that it had to replay. */
  retryReadyMs: number;
  retryReplayedMs: number;
}

export const memory: Scenario = {
  name: 'memory',
  summary: 'what a worker holds in memory, by the number of workflows that it keeps ready',
  async run({ quick, progress, log }) {
    const cacheSizes = quick ? QUICK_CACHE_SIZES : CACHE_SIZES;
    const testbed = await startTestbed(log, { apiAlone: true });
    try {
      const needed = Math.max(...cacheSizes) * PASSING_THROUGH + 2 * RETRIED * cacheSizes.length;
      progress(`${needed} messages are parked`);
      const parked = await park(testbed, needed);
      const measurements: Measurement[] = [];
      for (const cacheSize of cacheSizes) {
        progress(`a worker that keeps ${cacheSize} workflows`);
        measurements.push(await measure(testbed, cacheSize, parked));
      }
      return {
        figures: { surroundings: surroundings(testbed), measurements },
        table: textTable([
          [
            'workflows',
            'cached',
            'RSS',
            'RSS settled',
            'workflow heap',
            'main heap',
            'retry',
            'retry replayed',
          ],
          ...measurements.map(row),
        ]),
      };
    } finally {
      await testbed.close();
    }
  },
};

/** Parks so many messages, and resolves with their keys. */
async function park(testbed: Testbed, count: number): Promise<string[]> {
  const burst = { name: 'parked', count, channels: CHANNELS };
  const worker = await parkMessages(testbed, burst, () =>
    startWorker(testbed, QUICK_CACHE_SIZES[0] ?? 50),
  );
  await worker.stop();
  return Array.from({ length: count }, (_, index) => `parked-${index}`);
}

/** Takes those that it retries out of the parked ones. */
async function measure(
  testbed: Testbed,
  cacheSize: number,
  parked: string[],
): Promise<Measurement> {
  const worker = await startWorker(testbed, cacheSize);
  const untouched = parked.splice(0, RETRIED);
  const touched = parked.slice(-Math.ceil(cacheSize * PASSING_THROUGH));
  const limit = pLimit(REPLAYS_AT_ONCE);
  await limit.map(touched, (key) => load(testbed, key));
  await delay(SETTLING_MS);
  const cached = await worker.cached();
  const report = await worker.memory();
  const retryReadyMs = await retry(testbed, parked.splice(-RETRIED));
  const retryReplayedMs = await retry(testbed, untouched);
  await worker.stop();
  return { cacheSize, cached, ...report, retryReadyMs, retryReplayedMs };
}

/** Has the worker replay a workflow, and keep it: by a query that every workflow answers. */
async function load({ client }: Testbed, key: string): Promise<void> {
  await client.workflow.getHandle(key).query('__temporal_workflow_metadata');
}

/** Retries one message after the other. Resolves with how long one took, in milliseconds, as the median. */
async function retry({ apiUrl, client }: Testbed, keys: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (const key of keys) {
    const began = performance.now();
    const response = await fetch(`${apiUrl}/v1/messages/${key}/retry`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'bench' }),
    });
    if (!response.ok) throw new Error(`sendproof answered ${response.status} to a retry.`);
    await client.workflow.getHandle(key).result();
    times.push(performance.now() - began);
  }
  return median(times);
}

interface MeasuredWorker {
  memory(): Promise<MemoryReport>;
  /** How many workflows it has ready. */
  cached(): Promise<number>;
  stop(): Promise<void>;
}

async function startWorker(testbed: Testbed, cacheSize: number): Promise<MeasuredWorker> {
  const [metricsPort, probePort] = [await resolvePort(0), await resolvePort(0)];
  const worker = await testbed.startWorker({
    nodeOptions: ['--expose-gc', '--import', PROBE],
    environment: {
      SENDPROOF_CACHED_WORKFLOWS: String(cacheSize),
      WORKER_METRICS_ADDRESS: `127.0.0.1:${metricsPort}`,
      MEMORY_PROBE_PORT: String(probePort),
    },
  });
  return {
    memory: async () =>
      (await (await fetch(`http://127.0.0.1:${probePort}`)).json()) as MemoryReport,
    cached: async () => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      const sizes = [...text.matchAll(/^temporal_sticky_cache_size\{.*\} (\d+)$/gm)];
      return sizes.reduce((sum, [, size]) => sum + Number(size), 0);
    },
    stop: () => worker.stop(),
  };
}

function row(measurement: Measurement): string[] {
  const { cacheSize, cached, rss, rssSettled, workflowHeap, mainHeap } = measurement;
  const mebibytes = [rss, rssSettled, workflowHeap, mainHeap].map(
    (bytes) => `${Math.round(bytes / MIB)} MiB`,
  );
  const times = [measurement.retryReadyMs, measurement.retryReplayedMs].map(
    (ms) => `${Math.round(ms)} ms`,
  );
  return [String(cacheSize), String(cached), ...mebibytes, ...times];
}
