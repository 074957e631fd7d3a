/** Sends batches that are started in the background, and kills the worker that starts them. */
import { expect, vi } from 'vitest';
import type { BatchBody } from '../../src/api/batchBody.js';
import { visibilityQuery } from '../../src/store/search/messageSearch.js';
import { repeated, slackChannel } from '../faults/deliveries.js';
import { startWorkerProcess } from '../faults/productProcess.js';
import type { Harness } from '../harness.js';

const CHANNELS = 20;
/** What a sender of a batch waits at most. */
export const ANSWERED_WITHIN_MS = 2_000;
/** A message that is sent alone beside the batches, every so often. */
const ALONE_EVERY_MS = 500;

/** Times in milliseconds. */
export interface BatchFigures {
  messages: number;
  answersMs: number[];
  /** Until all were started, and until all were delivered. */
  startedMs: number;
  deliveredMs: number;
  /** How long messages took to be accepted that were sent alone meanwhile: half of them, and the slowest. */
  aloneMedianMs: number;
  aloneSlowestMs: number;
}

/** Resolves when each message was posted once, whatever was killed. */
export async function sendUnderKills(
  harness: Harness,
  { batches, kills, size }: { batches: number; kills: number; size: number },
): Promise<BatchFigures> {
  let worker = await startWorkerProcess(harness);
  const began = Date.now();
  const sent = await Promise.all(
    Array.from({ length: batches }, (_, batch) => sendBatch(harness, batch, size)),
  );
  const total = batches * size;
  const messages = new Messages(harness);
  const alone = sendAlone(harness);
  for (let kill = 1; kill <= kills; kill += 1) {
    await messages.reach((total * kill) / (kills + 1), 'started');
    await worker.kill('SIGKILL');
    worker = await startWorkerProcess(harness);
  }
  for (const { id } of sent) await completed(harness, id, size);
  const startedMs = Date.now() - began;
  const aloneMs = (await alone.stop()).sort((one, other) => one - other);
  await messages.reach(total + aloneMs.length, 'confirmed');
  const deliveredMs = Date.now() - began;

  const posts = harness.sandbox.posts();
  expect(repeated(posts)).toEqual([]);
  expect(posts).toHaveLength(total + aloneMs.length);
  const texts = new Set(posts.map(({ text }) => text));
  expect(texts.size).toBe(total + aloneMs.length);
  return {
    messages: total,
    answersMs: sent.map(({ answeredMs }) => answeredMs),
    startedMs,
    deliveredMs,
    aloneMedianMs: aloneMs[Math.floor(aloneMs.length / 2)] ?? 0,
    aloneSlowestMs: aloneMs.at(-1) ?? 0,
  };
}

export async function sendBatch(
  harness: Harness,
  batch: number,
  size: number,
): Promise<{ id: string; answeredMs: number }> {
  const messages = Array.from({ length: size }, (_, index) => ({
    deduplicationKey: `batch-${batch}-${index}`,
    destinations: [slackChannel(index % CHANNELS)],
    content: { text: `Message ${index} of batch ${batch}: **disk full** on host-${index}` },
    correlation: { source: 'nightly', reference: `${batch}-${index}` },
  }));
  const began = performance.now();
  const { body, status } = await harness.request<BatchBody>(
    'POST',
    '/v1/messages/batch',
    { messages },
    { prefer: 'respond-async' },
  );
  expect(status).toBe(202);
  return { id: body.id, answeredMs: Math.round(performance.now() - began) };
}

async function completed(harness: Harness, id: string, size: number): Promise<void> {
  const read = async (query: string) => {
    const path = `/v1/batches/${encodeURIComponent(id)}${query}`;
    return (await harness.request<BatchBody>('GET', path)).body;
  };
  await vi.waitFor(async () => expect((await read('?results=none')).status).toBe('completed'), {
    timeout: 900_000,
    interval: 1_000,
  });
  const { counts, results = [] } = await read('');
  expect(counts).toEqual({ queued: 0, accepted: size, duplicate: 0, refused: 0, cancelled: 0 });
  expect(results.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(size);
}

/** Sends a message by itself again and again. */
function sendAlone(harness: Harness) {
  const tookMs: number[] = [];
  const stopped = new AbortController();
  const sending = (async () => {
    while (!stopped.signal.aborted) {
      const began = performance.now();
      const key = `alone-${tookMs.length}`;
      const { status } = await harness.send({
        deduplicationKey: key,
        destinations: [slackChannel(CHANNELS)],
        content: { text: key },
      });
      expect(status).toBe(202);
      tookMs.push(Math.round(performance.now() - began));
      await new Promise((resolve) => setTimeout(resolve, ALONE_EVERY_MS));
    }
  })();
  return {
    stop: async (): Promise<number[]> => {
      stopped.abort();
      await sending;
      return tookMs;
    },
  };
}

/** Counts by Temporal's own visibility, which costs it little. */
class Messages {
  readonly #harness: Harness;

  constructor(harness: Harness) {
    this.#harness = harness;
  }

  async reach(expected: number, what: 'started' | 'confirmed'): Promise<void> {
    const query = visibilityQuery(what === 'started' ? {} : { status: 'confirmed' });
    await vi.waitFor(
      async () => {
        const { count } = await this.#harness.client.workflow.count(query);
        expect(count).toBeGreaterThanOrEqual(expected);
      },
      { timeout: 1_800_000, interval: 500 },
    );
  }
}
