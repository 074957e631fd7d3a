/** Records as brokers hand them over: headers without values, and times that are none. None of them may block its partition. */
import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import {
  deadLetterOf,
  identityOf,
  readDeadLetter,
} from '../../../src/queues/kafka/deadLetterHeaders.js';
import { compressionOf, messageOf } from '../../../src/queues/kafka/kafkajsClient.js';
import { sentAtOf } from '../../../src/queues/kafka/sentAt.js';

function fetched(more: object) {
  const record = {
    key: null,
    value: Buffer.from('{}'),
    timestamp: '1000',
    attributes: 0,
    offset: '5',
  };
  return { ...record, ...more } as unknown as kafkajs.KafkaMessage;
}

it.each([
  ['absent', undefined, []],
  ['none', {}, []],
  ['without a value', { a: null }, []],
  ['twice, once without a value', { a: [null, Buffer.from('x')] }, [['a', Buffer.from('x')]]],
  ['twice without a value', { a: [null, null], b: Buffer.from('y') }, [['b', Buffer.from('y')]]],
  ['empty', { a: Buffer.alloc(0) }, [['a', Buffer.alloc(0)]]],
])('reads headers that are %s', (_words, headers, expected) => {
  expect(messageOf(fetched({ headers })).headers).toEqual(expected);
});

const NOW = Date.parse('2026-11-26T12:00:00Z');

it.each([
  ['in milliseconds', '1764158400000', 1_764_158_400_000],
  ['absent', '-1', NOW],
  ['zero', '0', NOW],
  ['in the future', String(NOW + 60_000), NOW],
  ['in microseconds', '1764158400000000', NOW],
  ['in nanoseconds', '1764158400000000000', NOW],
  ['the largest', '9223372036854775807', NOW],
  ['the smallest', '-9223372036854775808', NOW],
])('takes a time that is %s', (_words, timestamp, expected) => {
  const message = messageOf(fetched({ timestamp }));
  expect(sentAtOf(message, NOW).getTime()).toBe(expected);

  const { headers, value } = deadLetterOf('t', 0, message, { reason: 'r', detail: 'd' });
  const dead = {
    ...message,
    value,
    headers: headers.map(([name, each]): [string, Buffer] => [name, Buffer.from(each)]),
  };
  expect(readDeadLetter('t.dlq', 0, dead).sentAt.getTime()).toBeGreaterThan(0);
});

it('knows a record without a time again when it is delivered once more, at any later time', async () => {
  const first = identityOf('t', 0, messageOf(fetched({ timestamp: '-1' })));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(identityOf('t', 0, messageOf(fetched({ timestamp: '-1' })))).toBe(first);
});

it('compresses what is large, so that a dead letter fits where its record did', () => {
  const sent = (...sizes: number[]) =>
    compressionOf(sizes.map((size) => ({ value: Buffer.alloc(size), headers: [] })));
  const { GZIP, None } = kafkajs.CompressionTypes;
  expect([sent(), sent(10, 10), sent(1_048_000), sent(40_000, 40_000)]).toEqual([
    None,
    None,
    GZIP,
    GZIP,
  ]);
});
