/** The overview and the lists with 10,000 messages, of which 5,000 need a decision: how long people wait, and what Temporal is asked. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { expectWithin, mostCalls } from '../../callsToTemporal.js';
import { OPS, startHarness, type Harness, type Summary } from '../../harness.js';

const MESSAGES = 10_000;
const PARKED = 5_000;
const BATCH = 500;
const REQUESTS = 200;
const P99_MS = 300;

let harness: Harness;
let calls: string[] = [];

beforeAll(async () => {
  harness = await startHarness({ onTemporalCall: (method) => calls.push(method) });
  await send('fine', MESSAGES - PARKED);
  await vi.waitFor(() => expect(harness.sandbox.posts()).toHaveLength(MESSAGES - PARKED), {
    timeout: 900_000,
    interval: 2_000,
  });
  harness.sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' });
  await send('parked', PARKED);
  await vi.waitFor(
    async () => {
      const { body } = await harness.request<Summary>('GET', '/v1/dead-letters/summary');
      expect(body.deadLetters).toBe(PARKED);
    },
    { timeout: 900_000, interval: 5_000 },
  );
}, 2_000_000);
afterAll(() => harness.close());

async function send(name: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const messages = Array.from({ length: BATCH }, (_, index) => ({
      deduplicationKey: `${name}-${from + index}`,
      destinations: [OPS],
      content: { title: `${name} ${from + index}`, text: 'x' },
    }));
    expect((await harness.request('POST', '/v1/messages/batch', { messages })).status).toBe(200);
  }
}

it.each(['/', '/messages', '/messages?tab=needs_action', '/dead-letters'])(
  `%s answers ${REQUESTS} requests with a p99 of at most ${P99_MS} ms`,
  async (path) => {
    const open = async () => {
      const answer = await fetch(harness.api.url + path);
      await answer.text();
      expect(answer.status).toBe(200);
    };
    calls = [];
    await open();
    // The overview reads all pages of dead letters.
    const most = mostCalls(`page ${path.split('?')[0] ?? ''}`);
    expectWithin(calls, { ...most, searches: most.searches + 5 }, path);
    const times: number[] = [];
    for (let index = 0; index < REQUESTS; index += 1) {
      const began = performance.now();
      await open();
      times.push(performance.now() - began);
    }
    const sorted = times.toSorted((one, other) => one - other);
    const at = (share: number) => Math.round(sorted[Math.ceil(share * REQUESTS) - 1] ?? 0);
    process.stderr.write(`${path}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`);
    expect(at(0.99)).toBeLessThanOrEqual(P99_MS);
  },
  120_000,
);
