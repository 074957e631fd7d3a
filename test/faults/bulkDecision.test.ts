/** A decision on all dead letters of a destination, whose worker dies before it has told them all. */
import { afterEach, expect, it, vi } from 'vitest';
import { OPS, startHarness, type Harness, type Decision, type Progress } from '../harness.js';
import { eachReaches, expectEachPostedOnce } from './deliveries.js';
import { startWorkerProcess } from './productProcess.js';

let harness: Harness;
afterEach(() => harness.close());

it('goes on where it was: each dead letter is told once, and posted once', async () => {
  // At this pace one page of the decision holds more than there are.
  harness = await startHarness({ workers: false, limits: { slack: { perDestination: 4 } } });
  const keys = Array.from({ length: 16 }, (_, index) => `bulk-${index}`);
  const first = await startWorkerProcess(harness);
  const fault = harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
  });
  await Promise.all(
    keys.map((key) =>
      harness.send({ deduplicationKey: key, destinations: [OPS], content: { text: key } }),
    ),
  );
  await eachReaches('dead_lettered', harness, keys, 60_000);
  harness.sandbox.removeFault(fault);

  const { body } = await harness.request<Decision>('POST', '/v1/dead-letters/retry', {
    filter: { destination: OPS },
    by: 'ana',
    reason: 'invited the app',
  });
  await harness.sandbox.waitForPosts(4, {}, 20_000);
  await first.kill('SIGKILL');
  expect(harness.sandbox.posts().length).toBeLessThan(keys.length);

  await startWorkerProcess(harness);
  await vi.waitFor(
    async () => {
      const progress = await harness.request<Progress>('GET', body.links.self);
      expect(progress.body.done).toBe(true);
      // What was told in the last second before the death may not be counted; it is not told again either.
      expect(progress.body.decided).toBeLessThanOrEqual(keys.length);
      expect(progress.body.decided).toBeGreaterThanOrEqual(keys.length - 6);
    },
    { timeout: 60_000, interval: 200 },
  );
  const states = await eachReaches('confirmed', harness, keys, 60_000);
  expectEachPostedOnce(harness, states);
  for (const { operatorActions } of states) {
    expect(operatorActions).toMatchObject([{ action: 'retry', by: 'ana' }]);
  }
}, 180_000);
