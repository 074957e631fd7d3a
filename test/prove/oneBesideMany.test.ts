/** What a person decides on one message, while a slow worker retries all of a channel: it must not have to wait for them. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { visibilityQuery } from '../../src/store/search/messageSearch.js';
import { expectEachPostedOnce } from '../faults/deliveries.js';
import { startFleet } from '../faults/fleet.js';
import type { ProductProcess } from '../faults/productProcess.js';
import { OPS, startHarness, type Decision, type Harness } from '../harness.js';

const DEAD_LETTERS = 150;
/** Of which so many are posted when the person decides on the other. */
const POSTED_BEFORE = 5;
/**
 * And so many may be posted ahead of it: those that were signalled at the same time, and as many more while it is worked on. All of
 * them are signalled in three seconds where the signals don't wait, and such a worker carries a dozen in that time.
 */
const MOST_AHEAD = 60;
const OTHER_CHANNEL = 'slack:default/C0456DEF';

let harness: Harness;
afterEach(() => harness.close());

/** Lets it work for a seventh of the time. Resolves, when it is lifted, with nothing held any more. */
function slowDown(worker: ProductProcess): () => Promise<void> {
  const lifted = new AbortController();
  const slowing = (async () => {
    while (!lifted.signal.aborted) {
      worker.signal('SIGSTOP');
      await delay(180);
      worker.signal('SIGCONT');
      await delay(30);
    }
  })();
  return async () => {
    lifted.abort();
    await slowing;
  };
}

it('goes ahead of most that the decision on all of them retries', async () => {
  harness = await startHarness({ workers: false });
  const { workers } = await startFleet(harness, { apis: 0, workers: 1 });
  harness.sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' });
  const keys = Array.from({ length: DEAD_LETTERS }, (_, index) => `gathered-${index}`);
  const messages = [...keys, 'other'].map((deduplicationKey) => ({
    deduplicationKey,
    destinations: [deduplicationKey === 'other' ? OTHER_CHANNEL : OPS],
    content: { text: deduplicationKey },
  }));
  expect((await harness.request('POST', '/v1/messages/batch', { messages })).status).toBe(200);
  await vi.waitFor(
    async () => {
      const query = visibilityQuery({ status: 'dead_lettered' });
      expect((await harness.client.workflow.count(query)).count).toBe(messages.length);
    },
    { timeout: 120_000, interval: 500 },
  );
  harness.sandbox.clearFaults();

  const [worker] = workers;
  if (!worker) throw new Error('No worker was started.');
  const lift = slowDown(worker);
  const decision = await harness.request<Decision>('POST', '/v1/dead-letters/retry', {
    filter: { destination: OPS },
    by: 'ana',
    reason: 'invited the app',
  });
  expect(decision.body).toMatchObject({ deadLetters: DEAD_LETTERS });
  await harness.sandbox.waitForPosts(POSTED_BEFORE, {}, 120_000);
  const before = harness.sandbox.posts().length;
  const retried = await harness.request('POST', '/v1/messages/other/retry', {
    by: 'ben',
    reason: 'this one is urgent',
  });
  expect(retried.status).toBe(202);
  await harness.waitForStatus('other', 'confirmed', 120_000);
  const ahead = harness.sandbox.posts().findIndex(({ text }) => text === 'other') - before;
  await lift();
  expect(ahead).toBeLessThan(MOST_AHEAD);

  await harness.sandbox.waitForPosts(DEAD_LETTERS + 1, {}, 120_000);
  const states = [];
  for (const key of [...keys, 'other']) states.push(await harness.waitForStatus(key, 'confirmed'));
  expectEachPostedOnce(harness, states);
}, 420_000);
