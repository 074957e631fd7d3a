/** Random schedules of messages, duplicates, faults and kills: every delivery is visible, once. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { FaultInput } from '../src/sandbox/sandbox.js';
import {
  eachReaches,
  expectEachPostedOnce,
  placeOf,
  slackChannel,
  teamsChannel,
} from './faults/deliveries.js';
import { startFleet, type Fleet, type FleetSize } from './faults/fleet.js';
import type { Harness } from './harness.js';

const CONFIRMED_WITHIN_MS = 180_000;

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

function scheduleOf(messages: number) {
  return fc.record({
    messages: fc.array(plannedMessage, { minLength: messages, maxLength: messages }),
    /** After which messages a worker is killed, with whatever it is doing. */
    kills: fc.uniqueArray(fc.integer({ min: 5, max: messages - 5 }), {
      minLength: 2,
      maxLength: 4,
    }),
  });
}

/** Prints its seed, which PROPERTY_SEED repeats. */
export async function proveEachPostedOnce(
  harness: Harness,
  {
    fleet: size,
    messages: messagesPerRun,
    runs,
  }: { fleet: FleetSize; runs: number; messages: number },
): Promise<void> {
  const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 2 ** 31);
  console.info(`PROPERTY_SEED=${seed}`);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(scheduleOf(messagesPerRun), async ({ messages, kills }) => {
      run += 1;
      harness.sandbox.reset();
      const fleet = await startFleet(harness, size);
      const keys = messages.map((_, index) => `run-${run}-${index}`);
      const sendings: Promise<number>[] = [];
      for (const [index, plan] of messages.entries()) {
        const place = run * 1_000 + index;
        const channels = { slack: slackChannel(place), teams: teamsChannel(place) };
        const destinations = plan.places.map((each) => channels[each]);
        for (const destination of destinations) orderFaults(harness, destination, plan);

        const send = () => sendUntilTaken(fleet, keys[index] ?? '', destinations);
        for (let sending = 0; sending < plan.sendings; sending += 1) sendings.push(send());
        if (plan.sentAgain) sendings.push(Promise.all(sendings).then(send));
        if (kills.includes(index)) await fleet.replaceWorker();
      }
      const accepted = (await Promise.all(sendings)).filter((status) => status === 202);
      // Fewer where Temporal wrote a start down and its answer came too late: the next sending is then a duplicate.
      expect(accepted.length).toBeLessThanOrEqual(keys.length);

      const states = await eachReaches('confirmed', harness, keys, CONFIRMED_WITHIN_MS);
      expectEachPostedOnce(harness, states);
      await fleet.kill();
    }),
    { numRuns: runs, seed, endOnFailure: true },
  );
}

/** As sources do it: again, until somebody has taken it. Resolves with the HTTP status then. */
async function sendUntilTaken(
  fleet: Fleet,
  deduplicationKey: string,
  destinations: string[],
): Promise<number> {
  const message = { deduplicationKey, destinations, content: { text: deduplicationKey } };
  for (;;) {
    const { status } = await fleet.send(message);
    if (status === 202 || status === 200) return status;
    expect(status).toBe(503);
  }
}

const OPERATIONS = {
  slack: { posting: 'chat.postMessage', searching: 'conversations.history' },
  teams: { posting: 'postChannelMessage', searching: 'listChannelMessages' },
};

function orderFaults(
  harness: Harness,
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
