/**
 * The limits hold with several workers. How fast all goes is not judged here, since this machine runs a database and a server of
 * four services besides: `test/prove/pacing.test.ts` does that.
 */
import { afterEach, expect, it } from 'vitest';
import { startFleet, type Fleet } from '../faults/fleet.js';
import { startHarness, type Harness, type HarnessOptions } from '../harness.js';
import { measurePaceOfChannels, measureStorm, PACED, STORM, STORM_LIMIT } from './heldLimits.js';
import { FLEET } from './fleetSize.js';

let harness: Harness;
afterEach(() => harness.close());

async function start(options: HarnessOptions): Promise<Fleet> {
  harness = await startHarness({ ...options, workers: false });
  return await startFleet(harness, FLEET);
}

it('posts 300 messages for 10 channels of which each takes one a second, and is hardly ever told to slow down', async () => {
  const fleet = await start(PACED);
  const { refused } = await measurePaceOfChannels(harness, fleet);
  // Three workers that each kept a limit of their own would be refused hundreds of times.
  expect(refused).toBeLessThanOrEqual(30);
}, 180_000);

it('sees 400 messages through an outage of 20 s, within the limit of their account', async () => {
  const fleet = await start(STORM);
  const messages = 400;
  const { perSecondWhileDown, seconds } = await measureStorm(harness, fleet, {
    ...{ messages, outageMs: 20_000 },
  });
  expect(perSecondWhileDown).toBeLessThanOrEqual(1.1 * STORM_LIMIT);
  expect(messages / seconds).toBeLessThanOrEqual(1.1 * STORM_LIMIT + STORM_LIMIT / seconds);
}, 240_000);
