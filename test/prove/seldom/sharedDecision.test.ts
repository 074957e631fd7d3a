/** One decision on the dead letters of one destination, whose pages several workers have at the same time. */
import { afterEach, expect, it, vi } from 'vitest';
import { deadLetterQueueId } from '../../../src/contract/names.js';
import { deadLetterCountsQuery } from '../../../src/contract/signals.js';
import { visibilityQuery } from '../../../src/store/search/messageSearch.js';
import { expectEachPostedOnce } from '../../faults/deliveries.js';
import { startFleet } from '../../faults/fleet.js';
import { OPS, startHarness, type Decision, type Harness, type Progress } from '../../harness.js';

/** With more than 20 a second there are two pages at the same time: one of ten seconds, and what is left. */
const PER_SECOND = 21;
const MESSAGES = 120;

let harness: Harness;
afterEach(() => harness.close());

it('posts each once with two workers, of which one is killed', async () => {
  harness = await startHarness({
    workers: false,
    limits: { slack: { perDestination: PER_SECOND, perAccount: 'off' } },
  });
  const fleet = await startFleet(harness, { apis: 0, workers: 2 });
  harness.sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' });
  const keys = Array.from({ length: MESSAGES }, (_, index) => `shared-${index}`);
  const messages = keys.map((deduplicationKey) => ({
    deduplicationKey,
    destinations: [OPS],
    content: { text: deduplicationKey },
  }));
  const sent = await harness.request<{ results: { status: number }[] }>(
    'POST',
    '/v1/messages/batch',
    { messages },
  );
  expect(sent.body.results.every((each) => each.status === 202)).toBe(true);
  await vi.waitFor(
    async () => {
      const query = visibilityQuery({ status: 'dead_lettered' });
      expect((await harness.client.workflow.count(query)).count).toBe(MESSAGES);
    },
    { timeout: 120_000, interval: 500 },
  );
  harness.sandbox.clearFaults();

  const { body, status } = await harness.request<Decision>('POST', '/v1/dead-letters/retry', {
    filter: { reason: 'not_authorised' },
    by: 'ana',
    reason: 'invited the app',
  });
  expect({ status, deadLetters: body.deadLetters }).toEqual({ status: 202, deadLetters: MESSAGES });
  await harness.sandbox.waitForPosts(MESSAGES / 10, {}, 60_000);
  await fleet.replaceWorker();

  await harness.sandbox.waitForPosts(MESSAGES, {}, 120_000);
  await vi.waitFor(
    async () => {
      const progress = await harness.request<Progress>('GET', body.links.self);
      expect(progress.body.done).toBe(true);
      // What the killed worker had told since its last heartbeat is not counted.
      expect(progress.body.decided).toBeLessThanOrEqual(MESSAGES);
      expect(progress.body.decided).toBeGreaterThan(0);
    },
    { timeout: 60_000, interval: 500 },
  );
  const states = [];
  for (const key of keys) states.push(await harness.waitForStatus(key, 'confirmed'));
  expectEachPostedOnce(harness, states);

  const queue = harness.client.workflow.getHandle(deadLetterQueueId(OPS));
  await vi.waitFor(
    async () => {
      const counts = await queue.query(deadLetterCountsQuery);
      expect(counts).toMatchObject({ open: 0, total: MESSAGES });
    },
    { timeout: 30_000 },
  );
  const { events } = await queue.fetchHistory();
  const pages = events?.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'decidePage',
  );
  expect(pages?.length).toBeGreaterThanOrEqual(2);
}, 420_000);
