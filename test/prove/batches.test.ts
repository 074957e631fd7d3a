import { afterEach, expect, it } from 'vitest';
import { startHarness, type Harness } from '../harness.js';
import { sendUnderKills } from './batchesUnderKills.js';

let harness: Harness;
afterEach(() => harness.close());

it('batches of which the worker is killed twice are started whole, and each message is posted once', async () => {
  harness = await startHarness({ workers: false });
  const figures = await sendUnderKills(harness, { batches: 2, kills: 2, size: 300 });
  console.log(JSON.stringify(figures));
  expect(figures.messages).toBe(600);
});
