/** How fast one process calls an account, by what the platform answers. The clock is simulated. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccountPace, type Slowdown } from '../../src/accounts/accountPace.js';
import type { Destination } from '../../src/domain/destination.js';

const channel = (number: number): Destination => `slack:default/C${number}`;

/** How long a call takes. */
const CALL_MS = 50;

interface Platform {
  /** Whether this call is answered 429, and with which Retry-After. */
  answer: (call: {
    number: number;
    at: number;
    channel: number;
  }) => { retryAfterMs?: number } | undefined;
}

interface Run {
  /** When each call began. */
  calls: number[];
  accepted: number[];
  slowdowns: Slowdown[];
}

/** The most calls that the process makes in a millisecond. */
const MOST_PER_MS = 5;

/**
 * Sends new messages at this rate, each to the next of the channels. What is refused is due again after its Retry-After; of
 * what is due, as much is called as the pace allows, the oldest first.
 */
function simulate(
  { answer }: Platform,
  { perSecond, seconds, channels = 60 }: { perSecond: number; seconds: number; channels?: number },
  pace = new AccountPace(() => 0.5),
): Run {
  const run: Run = { calls: [], accepted: [], slowdowns: [] };
  const underWay: { endsAt: number; at: number; channel: number; number: number }[] = [];
  let refused: { dueAt: number; channel: number }[] = [];
  let begun = 0;
  for (let now = 0; now < 1_000 * seconds; now += 1) {
    for (let call = underWay[0]; call && call.endsAt <= now; call = underWay[0]) {
      underWay.shift();
      const limited = answer(call);
      const result = { destination: channel(call.channel), startedAt: call.at };
      const slowdown = pace.record(
        { ...result, limited: limited && { retryAfterMs: limited.retryAfterMs } },
        now,
      );
      if (slowdown) run.slowdowns.push(slowdown);
      if (limited) {
        refused.push({ dueAt: now + (limited.retryAfterMs ?? 1_000), channel: call.channel });
      } else run.accepted.push(now);
    }
    for (let made = 0; made < MOST_PER_MS && pace.nextCallAt(now) <= now; made += 1) {
      const again = refused.find(({ dueAt }) => dueAt <= now);
      if (!again && begun >= (perSecond * now) / 1_000) break;
      if (again) refused = refused.filter((each) => each !== again);
      pace.begin(now);
      const number = run.calls.push(now) - 1;
      const to = again ? again.channel : begun++ % channels;
      underWay.push({ endsAt: now + CALL_MS, at: now, channel: to, number });
    }
  }
  return run;
}

/** Numbers in [0, 1) that look random, the same for the same seed (the generator "mulberry32"). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const within = (times: readonly number[], fromSecond: number, toSecond: number): number =>
  times.filter((at) => at >= 1_000 * fromSecond && at < 1_000 * toSecond).length;
const rate = (times: readonly number[], fromSecond: number, toSecond: number): number =>
  within(times, fromSecond, toSecond) / (toSecond - fromSecond);

describe('429s of some calls', () => {
  it.each([1, 3, 10, 20])('of %i % leave the pace as it is', (percent) => {
    const every = Math.round(100 / percent);
    const { calls, slowdowns } = simulate(
      { answer: ({ number }) => (number % every === 0 ? { retryAfterMs: 1_000 } : undefined) },
      { perSecond: 33, seconds: 60 },
    );
    expect(slowdowns).toEqual([]);
    expect(rate(calls, 0, 60)).toBeGreaterThan(32);
  });

  it('leave the pace as it is, whichever calls they are and at whatever rate', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (seed, share, perSecond, channels) => {
          const random = randomFrom(seed);
          const { slowdowns } = simulate(
            { answer: () => (random() < share ? { retryAfterMs: 1_000 } : undefined) },
            { perSecond, seconds: 20, channels },
          );
          expect(slowdowns).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of a few busy channels are theirs, even where their retries are most of the calls', () => {
    const { slowdowns } = simulate(
      { answer: ({ channel: number }) => (number < 5 ? { retryAfterMs: 1_000 } : undefined) },
      { perSecond: 33, seconds: 60 },
    );
    expect(slowdowns).toEqual([]);
  });

  it('of one or two channels are theirs, even where the account has no others', () => {
    for (const channels of [1, 2]) {
      const { slowdowns } = simulate(
        { answer: () => ({ retryAfterMs: 1_000 }) },
        { perSecond: 33, seconds: 20, channels },
      );
      expect(slowdowns).toEqual([]);
    }
  });
});

describe('an account that is limited for half a minute', () => {
  const outage = (share: number, retryAfterMs: number | undefined) => ({
    answer: ({ at, number }: { at: number; number: number }) =>
      at >= 20_000 && at < 50_000 && (number * 7919) % 1_000 < 1_000 * share
        ? { ...(retryAfterMs !== undefined && { retryAfterMs }) }
        : undefined,
  });

  it.each([
    { perSecond: 33, retryAfterMs: 1_000, share: 1 },
    { perSecond: 33, retryAfterMs: undefined, share: 1 },
    { perSecond: 33, retryAfterMs: 1_000, share: 0.98 },
    { perSecond: 5, retryAfterMs: 1_000, share: 1 },
    { perSecond: 200, retryAfterMs: 2_000, share: 1 },
    { perSecond: 3, retryAfterMs: 5_000, share: 1 },
  ])('is called every few seconds, and as before within 15 s of the end: %o', (given) => {
    const { calls, slowdowns } = simulate(outage(given.share, given.retryAfterMs), {
      perSecond: given.perSecond,
      seconds: 90,
    });
    expect(rate(calls, 5, 20)).toBeGreaterThan(0.95 * given.perSecond);
    if (given.share === 1) expect(slowdowns).toHaveLength(1);
    expect(slowdowns[0]?.perSecondBefore).toBeGreaterThan(0.7 * given.perSecond);
    expect(slowdowns[0]?.perSecondBefore).toBeLessThan(1.3 * given.perSecond);
    // Enough calls to judge by, and those that were under way.
    expect(within(calls, 20, 29)).toBeLessThan(100);
    expect(within(calls, 29, 50)).toBeLessThan(given.share === 1 ? 10 : 60);
    expect(within(calls, 29, 50)).toBeGreaterThan(2);
    expect(rate(calls, 65, 90)).toBeGreaterThan(0.95 * given.perSecond);
  });

  it('waits as long as the platform asks for, at most a minute at a time', () => {
    for (const [retryAfterMs, pauseMs] of [
      [20_000, 20_000],
      [600_000, 60_000],
    ] as const) {
      const { slowdowns } = simulate(
        { answer: () => ({ retryAfterMs }) },
        { perSecond: 33, seconds: 5 },
      );
      expect(slowdowns[0]?.pauseMs).toBeGreaterThanOrEqual(pauseMs);
      expect(slowdowns[0]?.pauseMs).toBeLessThanOrEqual(1.1 * pauseMs);
    }
  });
});

describe('an account whose limit is below what is sent', () => {
  /** A bucket of so many calls a second; two seconds' worth at once. */
  function bucket(perSecond: number): Platform {
    let tokens = 2 * perSecond;
    let last = 0;
    return {
      answer: ({ at }) => {
        tokens = Math.min(2 * perSecond, tokens + ((at - last) * perSecond) / 1_000);
        last = at;
        if (tokens < 1) return { retryAfterMs: 1_000 };
        tokens -= 1;
        return undefined;
      },
    };
  }

  it.each([5, 10, 20])('of %i calls a second is used nearly whole, with few refusals', (limit) => {
    const { accepted, calls } = simulate(bucket(limit), { perSecond: 100, seconds: 180 });
    expect(rate(accepted, 30, 180)).toBeGreaterThan(0.75 * limit);
    expect(within(accepted, 30, 180)).toBeGreaterThan(0.6 * within(calls, 30, 180));
  });

  it('may have had a higher one before: a tenth of it is used nearly whole too', () => {
    const lower = bucket(3);
    const { accepted, calls } = simulate(
      { answer: (call) => (call.at < 20_000 ? undefined : lower.answer(call)) },
      { perSecond: 33, seconds: 180 },
    );
    expect(rate(accepted, 30, 180)).toBeGreaterThan(0.75 * 3);
    expect(rate(calls, 30, 180)).toBeLessThan(10);
  });

  it.each([11, 100])(
    'is shared by three processes without agreement: each sends %i a second',
    (perSecond) => {
      const shared = bucket(20);
      const accepted = [0, 0, 0];
      const calls = [0, 0, 0];
      const paces = [1, 2, 3].map((seed) => new AccountPace(randomFrom(seed)));
      const order = randomFrom(perSecond);
      for (let now = 0; now < 300_000; now += 1) {
        const from = Math.floor(3 * order());
        for (const place of [0, 1, 2]) {
          const index = (from + place) % 3;
          const pace = paces[index] ?? new AccountPace(order);
          const number = calls[index] ?? 0;
          const isDue = order() < (1.3 * perSecond) / 1_000;
          if (!isDue || pace.nextCallAt(now) > now) continue;
          pace.begin(now);
          calls[index] = number + 1;
          const limited = shared.answer({ number, at: now, channel: number % 60 });
          if (!limited) accepted[index] = (accepted[index] ?? 0) + 1;
          const result = { destination: channel(number % 60), startedAt: now };
          pace.record(
            { ...result, limited: limited && { retryAfterMs: limited.retryAfterMs } },
            now,
          );
        }
      }
      const all = accepted.reduce((sum, each) => sum + each, 0);
      expect(all / 300).toBeGreaterThan(0.75 * 20);
      for (const each of accepted) expect(each / all).toBeGreaterThan(0.15);
    },
  );
});
