import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryPlan } from '../../src/contract/deliverMessage.js';
import type { DeliverFailure } from '../../src/contract/deliverFailure.js';
import type { Attempt } from '../../src/domain/delivery.js';
import type { Destination } from '../../src/domain/destination.js';
import { decisionOn } from '../../src/domain/messageState.js';
import { Delivery } from '../../src/workflows/message/delivery.js';

const PLAN: DeliveryPlan = {
  destination: 'slack:default/C0OPS',
  taskQueue: 'sendproof.deliver.slack.default',
  fairnessKey: 'slack:default/C0OPS',
  retry: { initialDelayMs: 100, factor: 2, maximumDelayMs: 1_000, attempts: 3 },
  requestTimeoutMs: 10_000,
};
const PARKED_AT = new Date('2026-11-25T12:00:00.000Z');
const LATER = new Date('2026-11-25T12:05:00.000Z');
const REFUSED: Attempt = { number: 1, outcome: 'permanent', reason: 'not_authorised' };
const FAILURE: DeliverFailure = {
  reason: 'not_authorised',
  detail: 'Slack answered not_in_channel.',
  attempts: [REFUSED],
  ending: 'refused',
};
const DEAD_LETTER = {
  reason: 'not_authorised',
  detail: 'Slack answered not_in_channel.',
  at: PARKED_AT.toISOString(),
};

function parkedDelivery(): Delivery {
  const delivery = new Delivery(PLAN, []);
  delivery.begin();
  delivery.fail(FAILURE, PARKED_AT);
  return delivery;
}

describe('a delivery in its workflow', () => {
  it('waits, is delivered, and is final once confirmed', () => {
    const delivery = new Delivery(PLAN, []);
    expect(delivery.stage).toEqual({ kind: 'waiting' });
    delivery.begin();
    expect(delivery.stage).toEqual({ kind: 'delivering' });
    expect(delivery.isFinal).toBe(false);
    delivery.confirm({ messageId: '1.2' }, [{ number: 1, outcome: 'delivered' }]);
    expect(delivery.stage).toEqual({ kind: 'confirmed', receipt: { messageId: '1.2' } });
    expect(delivery.isFinal).toBe(true);
  });

  it('is a dead letter, not final, when it was refused', () => {
    const delivery = parkedDelivery();
    expect(delivery.stage).toEqual({ kind: 'dead_lettered', deadLetter: DEAD_LETTER });
    expect(delivery).toMatchObject({ isFinal: false, wasDeadLettered: true, attempts: [REFUSED] });
  });

  it('has all its attempts again for each part', () => {
    const delivery = new Delivery(PLAN, []);
    delivery.begin();
    const lost: Attempt = { number: 1, outcome: 'ambiguous', reason: 'timeout' };
    const posted = { receipt: { messageId: '1.2' }, count: 1, of: 2 };
    delivery.confirmParts(posted, [lost, { number: 2, outcome: 'delivered' }]);
    expect(delivery).toMatchObject({ isFinal: false, posted, attemptsLeft: PLAN.retry.attempts });
  });

  it('goes on while its account is held back', () => {
    const delivery = new Delivery(PLAN, []);
    delivery.begin();
    delivery.fail({ ...FAILURE, ending: 'held_back' }, PARKED_AT);
    expect(delivery.stage).toEqual({ kind: 'delivering' });
    expect(delivery.wasDeadLettered).toBe(false);
  });

  it('has what its lost attempts may have posted searched for since its activity was scheduled', () => {
    const delivery = new Delivery(PLAN, [REFUSED]);
    delivery.begin();
    const scheduledAt = new Date('2026-11-25T11:00:00.000Z');
    delivery.recordLostLog(scheduledAt, false);
    expect(delivery.attempts.at(-1)).toMatchObject({
      number: 2,
      startedAt: scheduledAt.toISOString(),
      outcome: 'ambiguous',
    });
  });

  it('loses no attempt to what ended an activity because the account was unavailable', () => {
    const delivery = new Delivery(PLAN, []);
    const held = { number: 1, outcome: 'transient' } as const;
    for (const [attempts, left] of [
      [[{ ...held, reason: 'credentials_rejected' }], 3],
      [[{ ...held, reason: 'rate_limited' }], 3],
      // A 429 after which Temporal tried again was the channel's.
      [[{ ...held, reason: 'rate_limited', nextAttemptInMs: 1_000 }], 2],
      [[{ ...held, reason: 'platform_unavailable' }], 2],
    ] as const) {
      delivery.attempts = [...attempts];
      expect(delivery.attemptsLeft).toBe(left);
    }
  });

  it('was refused for its account by a 429 after which Temporal did not try again', () => {
    const delivery = new Delivery(PLAN, []);
    const limited = { number: 1, outcome: 'transient', reason: 'rate_limited' } as const;
    expect(delivery.refusedForAccount).toBeUndefined();
    delivery.attempts = [{ ...limited, retryAfterMs: 7_000 }];
    expect(delivery.refusedForAccount).toMatchObject({ retryAfterMs: 7_000 });
    for (const other of [
      { ...limited, nextAttemptInMs: 7_100 },
      { ...limited, reason: 'credentials_rejected' },
    ] as const) {
      delivery.attempts = [other];
      expect(delivery.refusedForAccount).toBeUndefined();
    }
  });

  it('is final when it has expired, attempted or not', () => {
    const attempted = new Delivery(PLAN, []);
    attempted.begin();
    attempted.fail({ ...FAILURE, ending: 'expired' }, PARKED_AT);
    expect(attempted).toMatchObject({
      stage: { kind: 'expired', failure: DEAD_LETTER },
      isFinal: true,
      wasDeadLettered: false,
    });
    const unattempted = new Delivery(PLAN, []);
    unattempted.expireWithoutAttempt(PARKED_AT);
    expect(unattempted).toMatchObject({
      stage: { kind: 'expired', failure: { reason: 'expired', at: PARKED_AT.toISOString() } },
      isFinal: true,
    });
  });

  it('is final as a fallback that was not needed', () => {
    const delivery = new Delivery(PLAN, []);
    delivery.markNotNeeded();
    expect(delivery).toMatchObject({ stage: { kind: 'not_needed' }, isFinal: true });
  });
});

describe('a person’s decision on a delivery', () => {
  it('delivers it again, with all attempts of its retry profile', () => {
    const delivery = parkedDelivery();
    delivery.decide('retry', { by: 'ana', reason: 'invited the app' });
    expect(delivery.stage).toEqual({
      kind: 'dead_lettered',
      deadLetter: DEAD_LETTER,
      decision: { action: 'retry', by: 'ana', reason: 'invited the app' },
    });
    delivery.applyDecision(LATER);
    expect(delivery).toMatchObject({ stage: { kind: 'delivering' }, wasDeadLettered: true });
    expect(delivery).toMatchObject({ decidedUpTo: 1, attemptsLeft: 3 });
  });

  it('discards it, with who did so and why', () => {
    const delivery = parkedDelivery();
    delivery.decide('discard', { by: 'ana', reason: 'the channel is gone' });
    delivery.applyDecision(LATER);
    expect(delivery.stage).toEqual({
      kind: 'discarded',
      failure: DEAD_LETTER,
      by: 'ana',
      why: 'the channel is gone',
    });
    expect(delivery.isFinal).toBe(true);
  });

  it('is the first one; without any the delivery expires', () => {
    const decided = parkedDelivery();
    decided.decide('discard', { by: 'ana' });
    decided.decide('retry', { by: 'ben' });
    expect(decided.stage).toMatchObject({ decision: { action: 'discard', by: 'ana' } });

    const undecided = parkedDelivery();
    undecided.applyDecision(LATER);
    expect(undecided.stage).toEqual({
      kind: 'expired',
      failure: { ...DEAD_LETTER, at: LATER.toISOString() },
    });
  });

  it.each([
    ['another destination', { destination: 'slack:default/C0OTHER' }],
    ['what was parked earlier', { parkedBy: '2026-11-25T11:59:59.000Z' }],
  ])('is ignored when it concerns %s', (_, request) => {
    const delivery = parkedDelivery();
    delivery.decide('retry', request);
    expect(delivery.stage).toEqual({ kind: 'dead_lettered', deadLetter: DEAD_LETTER });
  });

  it.each([
    [true, true],
    ['yes', undefined],
    [undefined, undefined],
  ])('with accountIsServed: %j says of the account %j', (accountIsServed, expected) => {
    const delivery = parkedDelivery();
    delivery.decide('retry', { accountIsServed });
    expect(delivery.decision?.accountIsServed).toBe(expected);
    delivery.applyDecision(LATER);
    expect(delivery.decision).toBeUndefined();
  });

  it('is ignored unless the delivery is parked', () => {
    const delivery = new Delivery(PLAN, []);
    delivery.begin();
    delivery.decide('discard', { by: 'ana' });
    delivery.applyDecision(LATER);
    expect(delivery.stage).toEqual({ kind: 'delivering' });
  });

  it.each([undefined, null, 'retry it', { by: 7, reason: [] }])(
    'may be signalled with %j',
    (request) => {
      const delivery = parkedDelivery();
      delivery.decide('retry', request);
      expect(delivery.stage).toMatchObject({
        decision: { action: 'retry', by: undefined, reason: undefined },
      });
    },
  );
});

it('takes the decision that its status shows, whatever people and bulk decisions ask for', () => {
  const places = fc.constantFrom<(Destination | undefined)[]>(
    undefined,
    PLAN.destination,
    'slack:default/C0OTHER',
  );
  const afterMs = fc.integer({ min: -2, max: 2 });
  const time = (ms: number) => new Date(PARKED_AT.getTime() + ms).toISOString();
  const request = fc.record(
    {
      action: fc.constantFrom('retry' as const, 'discard' as const),
      parkedBy: afterMs.map(time),
      destination: places,
    },
    { requiredKeys: ['action'] },
  );
  fc.assert(
    fc.property(fc.array(request), (requests) => {
      const delivery = parkedDelivery();
      for (const { action, ...asked } of requests) delivery.decide(action, asked);
      const actions = requests.map((each) => ({ ...each, at: LATER.toISOString() }));
      const deadLetter = { destination: PLAN.destination, at: DEAD_LETTER.at };
      expect(decisionOn(deadLetter, actions)?.action).toBe(delivery.decision?.action);
    }),
  );
});
