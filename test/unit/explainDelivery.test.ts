import { expect, it } from 'vitest';
import type { DeliveryState, MessageState } from '../../src/domain/messageState.js';
import { explainDelivery } from '../../src/explanation/delivery.js';

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
