import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf, eventRecord } from '../../../src/api/intakeRecord.js';
import type { SourceEvent } from '../../../src/domain/event.js';
import type { QueueRecord } from '../../../src/queues/queue.js';
import type { KafkaMessage } from '../../../src/queues/kafka/client.js';
import {
  deadLetterOf,
  identityOf,
  readDeadLetter,
  replayOf,
} from '../../../src/queues/kafka/deadLetterHeaders.js';

const bytes = fc.uint8Array({ maxLength: 50 }).map((each) => Buffer.from(each));

const message: fc.Arbitrary<KafkaMessage> = fc.record({
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  key: fc.option(bytes, { nil: undefined }),
  value: fc.option(bytes, { nil: undefined }),
  headers: fc.array(
    fc.tuple(
      fc
        .oneof(fc.string(), fc.constant('__proto__'))
        .filter((name) => !name.startsWith('sendproof-')),
      bytes,
    ),
    { maxLength: 4 },
  ),
  timestampMs: fc.integer({ min: 1, max: 1.7e12 }),
});

/** As it is read after it was written, at another place. */
function stored(
  { headers, key, value }: ReturnType<typeof deadLetterOf>,
  offset: bigint,
): KafkaMessage {
  return {
    offset,
    key: key === undefined ? undefined : Buffer.from(key),
    value,
    headers: headers.map(([name, each]) => [name, Buffer.from(each)]),
    timestampMs: 5e12,
  };
}

describe('a dead letter', () => {
  it('is the record as it came, with reason and origin; its replay is the record with the same identity', () => {
    fc.assert(
      fc.property(message, fc.string({ unit: 'grapheme' }), (given, detail) => {
        const dead = stored(deadLetterOf('t', 3, given, { reason: 'r', detail }), 0n);
        expect([dead.key, dead.value]).toEqual([given.key, given.value]);
        expect(dead.headers.slice(0, given.headers.length)).toEqual(given.headers);
        const read = readDeadLetter('t.dlq', 0, dead);
        expect(read).toMatchObject({
          id: 't.dlq/0/0',
          origin: `t/3/${given.offset}`,
          reason: 'r',
          replays: 0,
          sentAt: new Date(given.timestampMs),
        });

        const replay = stored(replayOf(dead), given.offset + 1n);
        expect([replay.key, replay.value]).toEqual([given.key, given.value]);
        expect(replay.headers.slice(0, given.headers.length)).toEqual(given.headers);
        expect(identityOf('t', 1, replay)).toBe(identityOf('t', 3, given));

        const again = stored(deadLetterOf('t', 1, replay, { reason: 'r', detail }), 1n);
        expect(readDeadLetter('t.dlq', 0, again).replays).toBe(1);
        expect(identityOf('t', 1, stored(replayOf(again), 9n))).toBe(identityOf('t', 3, given));
        expect(again.headers.filter(([name]) => name === 'sendproof-reason')).toHaveLength(1);
      }),
    );
  });

  it('of an event that the API has queued is an event again when it is replayed', () => {
    const { body, headers } = eventRecord({ key: 'k' } as SourceEvent, { key: 'k' });
    const given: KafkaMessage = {
      offset: 4n,
      key: undefined,
      value: body,
      headers: Object.entries(headers).map(([name, each]) => [name, Buffer.from(each)]),
      timestampMs: 1_000,
    };
    const dead = stored(deadLetterOf('t', 0, given, { reason: 'r', detail: 'd' }), 0n);
    const replayed = Object.fromEntries(
      stored(replayOf(dead), 5n).headers.map(([name, each]) => [name, each.toString()]),
    );
    expect(contentOf({ headers: replayed } as unknown as QueueRecord, undefined)).toEqual({
      kind: 'event',
    });
  });

  it('that somebody else wrote is listed, and has no reason', () => {
    const foreign: KafkaMessage = {
      offset: 4n,
      key: undefined,
      value: Buffer.from('x'),
      headers: [
        ['sendproof-replays', Buffer.from('-1e99')],
        ['sendproof-dead-at', Buffer.from('?')],
      ],
      timestampMs: 1_000,
    };
    expect(readDeadLetter('t.dlq', 0, foreign)).toEqual({
      id: 't.dlq/0/4',
      origin: '?/?/?',
      reason: 'unknown',
      detail: '',
      sentAt: new Date(1_000),
      deadAt: new Date(1_000),
      replays: 0,
      sizeBytes: 1,
    });
  });

  it('has an identity that can be a key, whatever the header says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const headers: KafkaMessage['headers'] = [['sendproof-record', Buffer.from(text)]];
        const given = { offset: 1n, key: undefined, value: undefined, headers, timestampMs: 7 };
        expect(identityOf('t', 0, given)).toMatch(/^[\x21-\x7e]{1,400}$/);
      }),
    );
  });
});
