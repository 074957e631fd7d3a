/** When a delivery is expected to leave its account's queue. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  estimateDelivery,
  estimateWaiting,
  laterEstimate,
  type AccountQueue,
} from '../../src/domain/deliveryEstimate.js';
import { accountQueueOf } from '../../src/store/accountQueue.js';

const queue = (given: Partial<AccountQueue> = {}): AccountQueue => ({
  limitPerSecond: undefined,
  heldBack: undefined,
  backlog: 0,
  backlogByPriority: new Map(),
  backlogAgeMs: 0,
  pacePerSecond: 0,
  workers: 1,
  ...given,
});

describe('a message that is sent now', () => {
  it.each<[string, Partial<AccountQueue>, number | undefined, unknown]>([
    ['nothing waits', {}, undefined, { kind: 'in', ms: 0 }],
    [
      '60 wait at 2/s',
      { backlog: 60, backlogAgeMs: 30_000, pacePerSecond: 2 },
      undefined,
      { kind: 'in', ms: 30_000 },
    ],
    [
      'the backlog has just begun, and the limit is known',
      { backlog: 60, limitPerSecond: 1 },
      undefined,
      { kind: 'in', ms: 60_000 },
    ],
    [
      'the pace of the last 30 s was above the limit that is set now',
      { backlog: 60, limitPerSecond: 1, pacePerSecond: 10 },
      undefined,
      { kind: 'in', ms: 60_000 },
    ],
    [
      'most of what waits is less urgent',
      {
        backlog: 100,
        backlogAgeMs: 100_000,
        pacePerSecond: 1,
        backlogByPriority: new Map([
          [1, 10],
          [3, 90],
        ]),
      },
      2,
      { kind: 'in', ms: 10_000 },
    ],
    [
      'the account is held back',
      { backlog: 5, heldBack: 'token' },
      undefined,
      { kind: 'held_back', reason: 'token' },
    ],
    ['no worker polls', { workers: 0 }, undefined, { kind: 'no_worker' }],
  ])('where %s', (_, given, priority, expected) => {
    expect(estimateDelivery(queue(given), priority)).toEqual(expected);
  });

  it.each<[string, Partial<AccountQueue>, number]>([
    [
      'read after 5 s, with a limit of 1/s',
      { backlog: 595, backlogAgeMs: 5_000, limitPerSecond: 1, pacePerSecond: 5 / 30 },
      595,
    ],
    [
      'read at once, with a limit of 1/s and one post before',
      { backlog: 600, backlogAgeMs: 0, limitPerSecond: 1, pacePerSecond: 1 / 30 },
      600,
    ],
    [
      'read after 5 s, without a limit',
      { backlog: 400, backlogAgeMs: 5_000, pacePerSecond: 100 / 30 },
      20,
    ],
    [
      'read at once, without a limit and with one post before',
      { backlog: 500, backlogAgeMs: 0, pacePerSecond: 1 / 30 },
      500,
    ],
    [
      'read after 29 s, without a limit',
      { backlog: 100, backlogAgeMs: 29_000, pacePerSecond: 29 / 30 },
      100,
    ],
    [
      'read after 30 s, where its channel is slower than the limit',
      { backlog: 100, backlogAgeMs: 30_000, limitPerSecond: 10, pacePerSecond: 1 },
      100,
    ],
  ])('doesn’t take the idle time before a burst for its pace: %s', (_, given, seconds) => {
    const estimate = estimateDelivery(queue(given));
    expect(estimate.kind === 'in' && estimate.ms / 1_000).toBeCloseTo(seconds, 1);
  });

  it('never waits shorter because of a larger backlog, a lower pace or a lower priority', () => {
    const positive = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(
        fc.array(fc.nat(10_000), { minLength: 5, maxLength: 5 }),
        positive,
        fc.integer({ min: 1, max: 4 }),
        (byPriority, pace, priority) => {
          const known = (factor: number, at: number) => {
            const counts = byPriority.map((count) => count * factor);
            const estimate = estimateDelivery(
              queue({
                backlog: counts.reduce((one, other) => one + other),
                backlogByPriority: new Map(counts.map((count, index) => [index + 1, count])),
                pacePerSecond: pace / 100,
              }),
              at,
            );
            return estimate.kind === 'in' ? estimate.ms : NaN;
          };
          expect(known(2, priority)).toBeGreaterThanOrEqual(known(1, priority));
          expect(known(1, priority + 1)).toBeGreaterThanOrEqual(known(1, priority));
        },
      ),
    );
  });
});

describe('a delivery that waits', () => {
  it('waits for those before it alone', () => {
    const waiting = queue({ backlog: 100, backlogAgeMs: 60_000, pacePerSecond: 1 });
    expect(estimateWaiting(waiting, 0)).toEqual({ kind: 'in', ms: 100_000 });
    expect(estimateWaiting(waiting, 30_000)).toEqual({ kind: 'in', ms: 50_000 });
    expect(estimateWaiting(waiting, 60_000)).toEqual({ kind: 'in', ms: 0 });
    expect(estimateWaiting(waiting, 99_000)).toEqual({ kind: 'in', ms: 0 });
    expect(estimateWaiting(waiting, -1_000)).toEqual({ kind: 'in', ms: 100_000 });
  });
});

it('is of several destinations the latest, and unknown where one is', () => {
  const soon = { kind: 'in', ms: 1 } as const;
  const later = { kind: 'in', ms: 2 } as const;
  const held = { kind: 'held_back', reason: '' } as const;
  expect(laterEstimate(soon, later)).toBe(later);
  expect(laterEstimate(later, soon)).toBe(later);
  expect(laterEstimate(soon, held)).toBe(held);
  expect(laterEstimate(held, soon)).toBe(held);
});

it('understands answers of Temporal with everything missing', () => {
  const empty = accountQueueOf({}, new Date());
  expect(empty).toMatchObject({ backlog: 0, heldBack: undefined, workers: 0, pacePerSecond: 0 });
  const negative = accountQueueOf({ stats: { approximateBacklogCount: -3 as never } }, new Date());
  expect(negative.backlog).toBe(0);
  const stopped = accountQueueOf(
    { config: { queueRateLimit: { rateLimit: { requestsPerSecond: 0 } } } },
    new Date(),
  );
  expect(stopped.heldBack).toBe('');
});
