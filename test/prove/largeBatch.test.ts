/** A batch that Temporal can't take while its sender waits: when it gets in, and what a group of thousands of events costs. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { startHarness, type Harness } from '../harness.js';

const EVENTS = 1_000;
const IN_A_GROUP = 500;
/** Of a machine that is busy. */
const PATIENCE_MS = 120_000;
const RETRY_AFTER_MS = 5_000;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    temporalAddress: inject('temporalAddress'),
    settings: {
      sources: { events: { type: 'cloudevents' } },
      routes: [
        {
          name: 'grouped',
          to: ['slack:default/C0GROUPED'],
          group: { window: '2m', maximum: IN_A_GROUP },
        },
      ],
    },
  });
});
afterAll(() => harness.close());

async function send(events: object[]): Promise<number> {
  const { status, body } = await fetch(`${harness.api.url}/v1/sources/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  await body?.cancel();
  return status;
}

it('takes all events when it is sent again, and shows them in the messages of a group', async () => {
  const events = Array.from({ length: EVENTS }, (_, index) => ({
    specversion: '1.0',
    id: `event-${index}`,
    source: '/proof',
    type: 'com.example.proof',
  }));
  const startedAt = performance.now();
  const statuses = [await send(events)];
  const firstMs = performance.now() - startedAt;
  while (statuses.at(-1) === 503) {
    await delay(RETRY_AFTER_MS);
    statuses.push(await send(events));
  }
  const tookMs = performance.now() - startedAt;
  expect(statuses.at(-1)).toBe(202);
  expect(firstMs).toBeLessThan(10_000);
  console.info(
    `${EVENTS} events: ${statuses.length} tries, ${Math.round(tookMs / 1_000)} s, ${Math.round((EVENTS / tookMs) * 1_000)} events/s`,
  );
  await vi.waitFor(
    () => {
      const posts = harness.sandbox.posts({ platform: 'slack', path: 'C0GROUPED' });
      expect(posts).toHaveLength(EVENTS / IN_A_GROUP);
      for (const { content } of posts)
        expect(JSON.stringify(content)).toContain(`and ${IN_A_GROUP - 10} more`);
    },
    { timeout: PATIENCE_MS, interval: 200 },
  );
  const groupedMs = performance.now() - startedAt;
  console.info(`all of them in a message after ${Math.round(groupedMs / 1_000)} s`);
}, 240_000);
