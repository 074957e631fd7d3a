import { afterEach, expect, it } from 'vitest';
import { startHarness, type Harness } from '../../harness.js';
import { ANSWERED_WITHIN_MS, sendUnderKills } from '../batchesUnderKills.js';

let harness: Harness;
afterEach(() => harness.close());

it('takes 10,000 messages in 10 requests, each answered within 2 s, and posts each once though the worker is killed', async () => {
  harness = await startHarness({ workers: false });
  const figures = await sendUnderKills(harness, { batches: 10, kills: 3, size: 1_000 });
  console.log(JSON.stringify(figures));
  expect(figures.messages).toBe(10_000);
  expect(Math.max(...figures.answersMs)).toBeLessThan(ANSWERED_WITHIN_MS);
}, 2_400_000);
