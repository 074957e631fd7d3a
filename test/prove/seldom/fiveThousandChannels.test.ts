/**
 * The limit of each channel, with more channels at work than Temporal remembers by default: it keeps the limits of 2,000, and a channel
 * that it has forgotten gets its next message at once. Here each channel takes one message in an hour, and is sent two. However busy the
 * machine is, no second one may be posted within the minutes that this takes. That is stricter than any share of a limit.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { slackChannel } from '../../faults/deliveries.js';
import { startWorkerProcess } from '../../faults/productProcess.js';
import { startHarness, type Harness } from '../../harness.js';
import { startOwnServer } from '../../ownServer.js';

const PER_SECOND = 1 / 3_600;
/** What was not posted by then is held back: without a limit, all would be posted at some dozens a second. */
const WATCHED_MS = 20_000;
const BATCH = 100;
const POSTING_TIMEOUT_MS = 1_200_000;

/**
 * Sends a message to each of so many channels, and a second one when all are posted. Counts the posts within the time in which each may
 * have one. The second ones are sent later, because many messages that wait for their limit can be ahead of first ones in Temporal's queue.
 *
 * @param dynamicConfig settings of Temporal's in place of the product's
 */
async function measure(channels: number, dynamicConfig: Record<string, number> = {}) {
  const server = await startOwnServer({ dynamicConfig });
  const harness = await startHarness({
    temporalAddress: server.address,
    workers: false,
    limits: { slack: { perDestination: PER_SECOND, perAccount: 'off' } },
  });
  try {
    await sendToEach(harness, 'first', channels);
    await startWorkerProcess(harness);
    await harness.sandbox.waitForPosts(channels, { platform: 'slack' }, POSTING_TIMEOUT_MS);
    await sendToEach(harness, 'second', channels);
    await pause(WATCHED_MS);
    const posts = harness.sandbox.posts({ platform: 'slack' });
    const reached = new Set(posts.map(({ path }) => path)).size;
    const figures = { channels, reached, aboveTheLimit: posts.length - reached };
    console.info(JSON.stringify(figures));
    return figures;
  } finally {
    await harness.close();
    await server.stop();
  }
}

async function sendToEach(harness: Harness, round: string, channels: number): Promise<void> {
  for (let from = 0; from < channels; from += BATCH) {
    await sendBatch(harness, round, from, Math.min(channels, from + BATCH));
  }
}

/** To the channels from `from` to before `to`. What was answered with 503 is sent again, as a sender does. */
async function sendBatch(harness: Harness, round: string, from: number, to: number): Promise<void> {
  let left = Array.from({ length: to - from }, (_each, index) => ({
    deduplicationKey: `${round}-${from + index}`,
    destinations: [slackChannel(from + index)],
    content: { text: round },
  }));
  while (left.length > 0) {
    const { body } = await harness.request<{ results: { status: number }[] }>(
      'POST',
      '/v1/messages/batch',
      { messages: left },
    );
    expect(body.results.every(({ status }) => [200, 202, 503].includes(status))).toBe(true);
    left = left.filter((_each, index) => body.results[index]?.status === 503);
  }
}

describe('the limit of a channel', () => {
  it('holds for each of 5,000', async () => {
    const figures = await measure(5_000);
    expect(figures).toEqual({ channels: 5_000, reached: 5_000, aboveTheLimit: 0 });
  }, 1_800_000);

  it('would not hold where Temporal remembers fewer channels than are at work', async () => {
    expect(await measure(300)).toMatchObject({ aboveTheLimit: 0 });
    const forgetful = { 'matching.fairnessKeyRateLimitCacheSize': 100 };
    expect((await measure(300, forgetful)).aboveTheLimit).toBeGreaterThan(0);
  }, 600_000);
});
