import { afterAll, beforeAll, expect, it } from 'vitest';
import { startHarness, type Harness } from '../harness.js';

const MESSAGES = 100;
/** Of the interval. By chance, one of them has none or more than twice its share once in a hundred thousand runs. */
const SLICES = 5;
const INTERVAL_MS = 3_000;
/** Temporal counts the delay from the end of the first attempt, on another clock. */
const CLOCK_MS = 100;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ retry: { initialDelay: `${INTERVAL_MS}ms`, maximumDelay: '1m' } });
});
afterAll(() => harness.close());

it('spreads the second attempts of 100 messages that fail at once over the whole backoff interval', async () => {
  const channels = Array.from(
    { length: MESSAGES },
    (_, index) => `C${String(index).padStart(8, '0')}`,
  );
  for (const path of channels) {
    harness.sandbox.addFault({
      kind: 'http_error',
      status: 503,
      platform: 'slack',
      operation: 'chat.postMessage',
      path,
      times: 1,
    });
  }
  await Promise.all(
    channels.map((channel) =>
      harness.send({
        deduplicationKey: `storm-${channel}`,
        destinations: [`slack:default/${channel}`],
        content: { text: 'storm' },
      }),
    ),
  );
  await harness.sandbox.waitForPosts(MESSAGES, { platform: 'slack' }, 120_000);

  const requestedAt = new Map<string, number[]>();
  for (const { path, at } of harness.sandbox.requests({ operation: 'chat.postMessage' })) {
    requestedAt.set(path ?? '', [...(requestedAt.get(path ?? '') ?? []), at]);
  }
  // As planned: on a busy machine, attempts come later than that.
  const delays: number[] = [];
  for (const channel of channels) {
    const { deliveries } = await harness.waitForStatus(`storm-${channel}`, 'confirmed');
    const planned = deliveries[0]?.attempts[0]?.nextAttemptInMs ?? NaN;
    const [first = 0, second = 0] = requestedAt.get(channel) ?? [];
    expect(second - first).toBeGreaterThanOrEqual(planned - CLOCK_MS);
    delays.push(planned);
  }

  const slices = Array.from(
    { length: SLICES },
    (_, slice) =>
      delays.filter(
        (delay) => Math.min(SLICES - 1, Math.floor((SLICES * delay) / INTERVAL_MS)) === slice,
      ).length,
  );
  expect(Math.max(...slices), String(slices)).toBeLessThanOrEqual((2 * MESSAGES) / SLICES);
  expect(Math.min(...slices), String(slices)).toBeGreaterThan(0);
}, 150_000);
