import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eachReaches, expectEachPostedOnce, placeOf, slackChannel } from '../faults/deliveries.js';
import { proveEachPostedOnce } from '../exactlyOnceProofs.js';
import { startWorkerProcess, type ProductProcess } from '../faults/productProcess.js';
import { startHarness, type Harness } from '../harness.js';

/**
 * Short, so that time-outs don't make the proof long. Not shorter: the sandbox shares this machine with everything else, and
 * a platform that posts only after our look-up can't be guarded against.
 */
const REQUEST_TIMEOUT = '2s';
const CONFIRMED_WITHIN_MS = 180_000;

let harness: Harness;
let worker: ProductProcess;
beforeAll(async () => {
  harness = await startHarness({
    workers: false,
    requestTimeout: REQUEST_TIMEOUT,
    retry: { attempts: 40 },
  });
});
afterAll(async () => {
  await worker.kill('SIGKILL');
  await harness.close();
});
beforeEach(() => harness.sandbox.reset());

const KILLS = 30;

it(`shows ${KILLS} posts when the worker is killed ${KILLS} times in a row between the platform’s acceptance and its own completion`, async () => {
  const keys = Array.from({ length: KILLS }, (_, index) => `killed-${index}`);
  for (const [index, key] of keys.entries()) {
    worker = await startWorkerProcess(harness);
    const { platform, path } = placeOf(slackChannel(index));
    const hold = harness.sandbox.addFault({
      kind: 'hold',
      platform,
      path,
      operation: 'chat.postMessage',
      times: 1,
    });
    await harness.send({
      deduplicationKey: key,
      destinations: [slackChannel(index)],
      content: { text: key },
    });
    await harness.sandbox.waitForPosts(1, { platform, path }, 60_000);
    await worker.kill('SIGKILL');
    harness.sandbox.removeFault(hold);
  }
  worker = await startWorkerProcess(harness);

  const messages = await eachReaches('confirmed', harness, keys, CONFIRMED_WITHIN_MS);
  expectEachPostedOnce(harness, messages);
  expect(harness.sandbox.posts()).toHaveLength(KILLS);
  for (const { deliveries } of messages) {
    const [delivery] = deliveries;
    expect(delivery?.attempts[0]).toMatchObject({ number: 1, reason: 'worker_lost' });
    // Later kills may have met the attempts between.
    expect(delivery?.attempts.at(-1)).toMatchObject({ outcome: 'delivered', lookup: 'found' });
  }
  await worker.kill('SIGKILL');
}, 600_000);

const RUNS = 3;
const MESSAGES_PER_RUN = 110;

it(`shows every delivery once, and misses none, over ${RUNS * MESSAGES_PER_RUN} messages with duplicates, faults and kills`, async () => {
  await proveEachPostedOnce(harness, {
    ...{ runs: RUNS, messages: MESSAGES_PER_RUN },
    fleet: { apis: 0, workers: 1 },
  });
}, 900_000);
