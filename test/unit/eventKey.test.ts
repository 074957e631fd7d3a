import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventKey } from '../../src/acceptance/eventKey.js';
import { deduplicationKeySchema } from '../../src/domain/message.js';

it('is readable where it can be', () => {
  const event = { source: 'pagerduty', key: '01ABC' };
  expect(eventKey(event)).toBe('pagerduty:01ABC');
  expect(eventKey(event, 'rest')).toBe('pagerduty:01ABC/rest');
  expect(eventKey(event, 'rest', 2)).toBe('pagerduty:01ABC/rest~reminder-2');
});

it('is never that of another event, route or reminder', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    ':',
    '/',
    '~reminder-1',
    'unroutable',
    'sha256-',
    'event',
    '\u0000',
  );
  const text = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
  const message = fc.tuple(
    fc.oneof(text, fc.constantFrom('a', 'a:b', 'event', 'dlq/')),
    text,
    fc.constantFrom(undefined, 'a', 'b', 'unroutable'),
    fc.constantFrom(0, 1),
  );
  fc.assert(
    fc.property(message, message, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      const keys = [one, other].map(([source, key, route, reminder]) =>
        eventKey({ source, key }, route, reminder),
      );
      expect(keys[0]).not.toBe(keys[1]);
      for (const key of keys) expect(deduplicationKeySchema.safeParse(key).success).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});
