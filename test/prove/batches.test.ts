import { afterEach, expect, it } from 'vitest';
import { startHarness, type Harness } from '../harness.js';
import { ANSWERED_WITHIN_MS, sendBatch, sendUnderKills } from './batchesUnderKills.js';

let harness: Harness;
afterEach(() => harness.close());

it('10,000 messages in 10 requests at the same time are stored, and each is answered in time', async () => {
  harness = await startHarness({ workers: false });
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, batch) => sendBatch(harness, batch, 1_000)),
  );
  const answersMs = answers.map(({ answeredMs }) => answeredMs).sort((one, other) => one - other);
  console.log(JSON.stringify({ answersMs }));
  // The target holds on a quiet machine: `seldom/` shows it. Started one by one, they would take minutes.
  expect(Math.max(...answersMs)).toBeLessThan(4 * ANSWERED_WITHIN_MS);
});

it('batches of which the worker is killed twice are started whole, and each message is posted once', async () => {
  harness = await startHarness({ workers: false });
  const figures = await sendUnderKills(harness, { batches: 2, kills: 2, size: 300 });
  console.log(JSON.stringify(figures));
  expect(figures.messages).toBe(600);
});
