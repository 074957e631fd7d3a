import { describe, expect, it } from 'vitest';
import {
  hasSettled,
  isDecided,
  type DeliveryState,
  type MessageState,
  type OperatorAction,
} from '../../src/domain/messageState.js';
import { explainDelivery } from '../../src/explanation/delivery.js';
import { explainMessage } from '../../src/explanation/message.js';

const OPS = 'slack:default/C0OPS';

it.each([
  ['2026-11-25T11:59:30.000Z', false],
  ['2026-11-25T11:58:30.000Z', true],
])('an attempt in progress since %s is said to wait for its account: %s', (since, isLong) => {
  const delivery: DeliveryState = {
    destination: OPS,
    attempts: [],
    stage: { kind: 'attempting', since },
  };
  const message: MessageState = {
    deduplicationKey: 'key',
    status: 'delivering',
    destinations: [OPS],
    acceptedAt: since,
    deadLetters: [],
    operatorActions: [],
    deliveries: [delivery],
  };
  const text = explainDelivery(delivery, message, new Date('2026-11-25T12:00:00.000Z'));
  expect(text).toContain(`attempt 1 at ${OPS} is in progress since 11:5`);
  expect(text.includes('waits in its worker until the account may be called')).toBe(isLong);
});

const NOW = new Date('2026-11-25T12:00:00.000Z');
const CHANNEL = 'C0123ABC';

function messageOf(...deliveries: DeliveryState[]): MessageState {
  return {
    deduplicationKey: 'key',
    status: 'confirmed',
    destinations: deliveries.map(({ destination }) => destination),
    acceptedAt: '2026-11-25T11:00:00.000Z',
    deadLetters: [],
    operatorActions: [],
    deliveries,
  };
}

describe('an edit with an answer', () => {
  const edited = { number: 1, outcome: 'delivered', as: 'edit' } as const;
  const failed = { number: 2, outcome: 'transient', reason: 'rate_limited' } as const;
  const explained = (attempts: DeliveryState['attempts']) => {
    const receipt = { conversation: { role: 'edit_and_reply', of: 'first' } } as const;
    const delivery: DeliveryState = {
      destination: OPS,
      attempts,
      stage: { kind: 'confirmed', receipt },
    };
    return explainDelivery(delivery, messageOf(delivery), NOW);
  };

  it('has no failed attempt where both were made', () => {
    const text = explained([edited, { number: 2, outcome: 'delivered', as: 'reply' }]);
    expect(text).toMatch(/^Confirmed: posted to slack:default\/C0OPS\. It replaced the content/);
  });

  it('names the attempt that failed', () => {
    const text = explained([edited, failed, { number: 3, outcome: 'delivered', as: 'reply' }]);
    expect(text).toContain('by attempt 3, after attempt 2 failed because Slack asked to slow down');
  });

  it('is not said to be unsent where only the answer failed', () => {
    const delivery: DeliveryState = {
      destination: OPS,
      attempts: [edited, { number: 2, outcome: 'permanent', reason: 'not_authorised' }],
      stage: {
        kind: 'dead_lettered',
        parkedAt: '2026-11-25T11:00:00.000Z',
        reason: 'not_authorised',
      },
    };
    expect(explainDelivery(delivery, messageOf(delivery), NOW)).toMatch(
      /^Only the edit, and not the answer in the thread, was sent to slack:default\/C0OPS: /,
    );
  });
});

describe('a decision on a dead letter', () => {
  const parkedAt = '2026-11-25T11:00:00.000Z';
  const delivery: DeliveryState = {
    destination: OPS,
    attempts: [{ number: 1, outcome: 'permanent', reason: 'not_authorised' }],
    stage: { kind: 'dead_lettered', parkedAt, reason: 'not_authorised' },
  };
  const at = '2026-11-25T11:00:00.020Z';
  const deadLetter = { destination: OPS, reason: 'not_authorised', detail: 'no', at } as const;
  const explained = (action: Partial<OperatorAction>) => {
    const decided: OperatorAction = { action: 'retry', at: '2026-11-25T11:30:00.000Z', ...action };
    const message: MessageState = {
      ...messageOf(delivery),
      status: 'dead_lettered',
      deadLetters: [deadLetter],
      operatorActions: [decided],
    };
    const isPending = explainDelivery(delivery, message, NOW).includes('it will be sent again');
    expect(isDecided(deadLetter, message.operatorActions)).toBe(isPending);
    expect(hasSettled(message)).toBe(!isPending);
    return isPending;
  };

  it('is announced until it is carried out', () => {
    expect(explained({})).toBe(true);
    expect(explained({ parkedBy: '2026-11-25T11:29:00.000Z' })).toBe(true);
  });

  it('is not announced where the message ignores it', () => {
    expect(explained({ parkedBy: '2026-11-25T10:59:59.000Z' })).toBe(false);
    // Parked by what the history says, and later by what the message has published.
    expect(explained({ parkedBy: '2026-11-25T11:00:00.010Z' })).toBe(false);
    expect(explained({ at: '2026-11-25T11:00:00.010Z' })).toBe(false);
    expect(explained({ destination: 'slack:default/C0OTHER' })).toBe(false);
  });
});

describe('a destination in an explanation', () => {
  const delivery: DeliveryState = {
    destination: 'slack:default/#ops',
    attempts: [{ number: 1, outcome: 'delivered' }],
    stage: { kind: 'confirmed', receipt: { channel: CHANNEL } },
  };

  it('has the id of its channel beside its name', () => {
    const message = messageOf(delivery);
    const posted = `posted to slack:default/#ops (${CHANNEL})`;
    expect(explainDelivery(delivery, message, NOW)).toContain(posted);
    expect(explainMessage(messageOf(delivery, { ...delivery, destination: OPS }), NOW)).toContain(
      `to slack:default/#ops (${CHANNEL}) and to ${OPS} (${CHANNEL})`,
    );
  });

  it('has the name that the configuration gives it', () => {
    const message = { ...messageOf(delivery), names: { [delivery.destination]: 'Ops' } };
    expect(explainDelivery(delivery, message, NOW)).toContain(
      `posted to Ops (slack:default/#ops, ${CHANNEL})`,
    );
  });
});

it('a message that is superseded at some destinations says so', () => {
  const superseded: DeliveryState = {
    destination: OPS,
    attempts: [],
    stage: { kind: 'superseded', by: 'newer' },
  };
  const parked: DeliveryState = {
    destination: 'slack:default/C0PARKED',
    attempts: [{ number: 1, outcome: 'permanent', reason: 'not_authorised' }],
    stage: {
      kind: 'dead_lettered',
      parkedAt: '2026-11-25T11:00:00.000Z',
      reason: 'not_authorised',
    },
  };
  expect(explainMessage(messageOf(superseded, parked), NOW)).toMatch(
    /0 of 2 destinations have confirmed it, and 1 shows a newer one\.$/,
  );
});
