import { describe, expect, it } from 'vitest';
import {
  conversationId,
  conversationPlace,
  planConversation,
} from '../../src/acceptance/conversationPlan.js';
import {
  readMessageInput,
  storeMessageInput,
  type DeliverMessageInput,
} from '../../src/contract/deliverMessage.js';
import { messageSchema } from '../../src/domain/message.js';
import { utf8Length } from '../../src/lib/text.js';

const ACCEPTED = '2026-11-26T12:00:00.000001Z';
const SETTINGS = { forgetAfterMs: 1_000, patienceMs: 1_000 };

function planned(conversation: object, more: object = {}) {
  const message = messageSchema.parse({
    deduplicationKey: 'x',
    destinations: ['slack:default/C0123ABC'],
    content: { text: 'x' },
    conversation: { key: 'pd:1', ...conversation },
    ...more,
  });
  const plan = planConversation(message, SETTINGS, ACCEPTED);
  return { plan, place: conversationPlace(message, plan) };
}

describe('the time of a message in its conversation', () => {
  it.each([
    [undefined, ACCEPTED],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    ['2026-11-26T11:59:59.123456789Z', '2026-11-26T11:59:59.123456789Z'],
    // A clock that is a little ahead.
    ['2026-11-26T12:04:59Z', '2026-11-26T12:04:59Z'],
    ['2026-11-26T14:04:59+02:00', '2026-11-26T14:04:59+02:00'],
    // Nothing later would be shown until then.
    ['2026-11-26T12:05:01Z', ACCEPTED],
    ['2099-01-01T00:00:00Z', ACCEPTED],
    ['9999-12-31T23:59:59Z', ACCEPTED],
  ])('%s counts as %s', (at, expected) => {
    const { place, plan } = planned({ at });
    expect(plan?.at).toBe(expected);
    expect(place?.at).toBe(expected);
  });

  it('may be as late as the message is to be delivered', () => {
    const deliverAt = new Date(Date.now() + 86_400_000).toISOString();
    expect(planned({ at: deliverAt }, { deliverAt }).plan?.at).toBe(deliverAt);
  });
});

describe('the id of the workflow of a conversation', () => {
  it.each(['🔥'.repeat(63), 'é'.repeat(127), 'x'.repeat(255), '/ %\u{2028}'])(
    'has no more bytes than Temporal takes, with the key %s',
    (key) => {
      const id = conversationId('slack:default/C0123ABC', key);
      expect(utf8Length(id)).toBeLessThanOrEqual(255);
      expect(conversationId('slack:default/C0123ABC', `${key.slice(0, -2)}!`)).not.toBe(id);
    },
  );
});

describe('the input of a message as Temporal keeps it', () => {
  const input: DeliverMessageInput = {
    content: { text: 'x' },
    priority: 3,
    onAmbiguous: 'resend',
    deliveries: [],
    traceId: '0'.repeat(32),
  };
  const conversation = planned({}).plan;
  const unposted = { kind: 'muted' as const, route: 'night', destinations: [] };

  it('is not changed for a message by itself', () => {
    expect(storeMessageInput(input)).toBe(input);
  });

  it.each([
    { ...input, conversation },
    { ...input, unposted },
  ])('has no deliveries for workers that would deliver it wrongly, and is read back', (each) => {
    const stored = JSON.parse(JSON.stringify(storeMessageInput(each))) as never;
    // The first thing that every release does with it is to map them.
    expect(stored).not.toHaveProperty('deliveries');
    expect(readMessageInput(stored)).toEqual(JSON.parse(JSON.stringify(each)));
    // As the first release with conversations stored it.
    expect(readMessageInput(each)).toBe(each);
  });
});
