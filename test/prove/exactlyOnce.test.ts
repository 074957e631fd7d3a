import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { FaultInput } from '../../src/sandbox/sandbox.js';
import {
  eachReaches,
  expectEachPostedOnce,
  slackChannel,
  teamsChannel,
} from '../faults/deliveries.js';
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

type FaultShape =
  | { kind: 'timeout' | 'reset' | 'garbage'; when: 'before' | 'after' }
  | { kind: 'http_error'; status: number; when: 'before' | 'after' }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'rate_limited'; retryAfter: string };

const postingFault = fc.option(
  fc.oneof(
    fc.constant<FaultShape>({ kind: 'rate_limited', retryAfter: '1' }),
    // The post is made at once and its answer is late, which is when a kill hurts most.
    fc.constant<FaultShape>({ kind: 'slow', delayMs: 1_000 }),
    fc.record({
      kind: fc.constantFrom('timeout', 'reset', 'garbage'),
      when: fc.constantFrom('before', 'after'),
    }),
    fc.record({
      kind: fc.constant('http_error' as const),
      status: fc.constantFrom(500, 502, 503, 504),
      when: fc.constantFrom('before', 'after'),
    }),
  ),
  { nil: undefined, freq: 5 },
);
const searchingFault = fc.option(
  fc.constantFrom<FaultShape>(
    { kind: 'http_error', status: 503, when: 'before' },
    { kind: 'reset', when: 'before' },
    { kind: 'timeout', when: 'before' },
    { kind: 'rate_limited', retryAfter: '1' },
  ),
  { nil: undefined, freq: 1 },
);

const plannedMessage = fc.record({
  places: fc.constantFrom<('slack' | 'teams')[]>(['slack'], ['teams'], ['slack', 'teams']),
  /** What its posts and their look-ups meet, in each place. */
  posting: postingFault,
  searching: searchingFault,
  faultTimes: fc.integer({ min: 1, max: 2 }),
  /** How often the source sends it, at once and again later. */
  sendings: fc.integer({ min: 1, max: 4 }),
  sentAgain: fc.boolean(),
});

const RUNS = 3;
const MESSAGES_PER_RUN = 110;

const schedule = fc.record({
  messages: fc.array(plannedMessage, { minLength: MESSAGES_PER_RUN, maxLength: MESSAGES_PER_RUN }),
  /** After which messages the worker is killed, with whatever it is doing. */
  kills: fc.uniqueArray(fc.integer({ min: 5, max: MESSAGES_PER_RUN - 5 }), {
    minLength: 2,
    maxLength: 4,
  }),
});

let run = 0;

it(`shows every delivery once, and misses none, over ${RUNS * MESSAGES_PER_RUN} messages with duplicates, faults and kills`, async () => {
  const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 2 ** 31);
  console.info(`PROPERTY_SEED=${seed}`);
  await fc.assert(
    fc.asyncProperty(schedule, async ({ messages, kills }) => {
      run += 1;
      harness.sandbox.reset();
      worker = await startWorkerProcess(harness);
      const keys = messages.map((_, index) => `run-${run}-${index}`);
      const sendings: Promise<number>[] = [];
      for (const [index, plan] of messages.entries()) {
        const place = run * 1_000 + index;
        const channels = { slack: slackChannel(place), teams: teamsChannel(place) };
        const destinations = plan.places.map((each) => channels[each]);
        for (const destination of destinations) orderFaults(destination, plan);

        const send = () => sendUntilTaken(keys[index] ?? '', destinations);
        for (let sending = 0; sending < plan.sendings; sending += 1) sendings.push(send());
        if (plan.sentAgain) sendings.push(Promise.all(sendings).then(send));
        if (kills.includes(index)) {
          await worker.kill('SIGKILL');
          worker = await startWorkerProcess(harness);
        }
      }
      const accepted = (await Promise.all(sendings)).filter((status) => status === 202);
      // Fewer where Temporal wrote a start down and its answer came too late: the next sending is then a duplicate.
      expect(accepted.length).toBeLessThanOrEqual(keys.length);

      const states = await eachReaches('confirmed', harness, keys, CONFIRMED_WITHIN_MS);
      expectEachPostedOnce(harness, states);
      await worker.kill('SIGKILL');
    }),
    { numRuns: RUNS, seed, endOnFailure: true },
  );
}, 900_000);

/** As sources do it: again, until somebody has taken it. Resolves with the HTTP status then. */
async function sendUntilTaken(deduplicationKey: string, destinations: string[]): Promise<number> {
  const message = { deduplicationKey, destinations, content: { text: deduplicationKey } };
  for (;;) {
    const { status } = await harness.send(message);
    if (status === 202 || status === 200) return status;
    expect(status).toBe(503);
  }
}

const OPERATIONS = {
  slack: { posting: 'chat.postMessage', searching: 'conversations.history' },
  teams: { posting: 'postChannelMessage', searching: 'listChannelMessages' },
};

function orderFaults(
  destination: string,
  plan: {
    posting?: FaultShape | undefined;
    searching?: FaultShape | undefined;
    faultTimes: number;
  },
): void {
  const place = placeOf(destination);
  for (const step of ['posting', 'searching'] as const) {
    const shape = plan[step];
    if (!shape) continue;
    const scope = { ...place, operation: OPERATIONS[place.platform][step], times: plan.faultTimes };
    harness.sandbox.addFault({ ...shape, ...scope } satisfies FaultInput);
  }
}

function placeOf(destination: string): { platform: 'slack' | 'teams'; path: string } {
  return {
    platform: destination.startsWith('slack:') ? 'slack' : 'teams',
    path: destination.slice(destination.indexOf('/') + 1),
  };
}
