/** What becomes of a record that can't be accepted, whatever the topic of dead letters takes. */
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TopicRefused, type KafkaMessage } from '../../../src/queues/kafka/client.js';
import { DeadLetterTopic, rangesOf } from '../../../src/queues/kafka/deadLetterTopic.js';
import { identityOf } from '../../../src/queues/kafka/deadLetterHeaders.js';
import { KafkaQueue } from '../../../src/queues/kafka/kafka.js';
import { failureOf } from '../../../src/queues/kafka/kafkajsClient.js';
import { RecordTooLarge } from '../../../src/queues/queue.js';
import { FakeKafka } from '../../kafka/fakeKafka.js';

const REASON = { reason: 'body_too_large', detail: 'The body is too large 😀' };

function openDeadLetters(kafka: FakeKafka): DeadLetterTopic {
  return new DeadLetterTopic({
    client: kafka,
    topic: 'dead',
    origin: 'messages',
    replayGroup: 'g.replayed',
    log: pino({ level: 'silent' }),
  });
}

/** The records as they are in their topic, all of which become dead letters. */
async function bury(kafka: FakeKafka, records: { value?: Buffer; headers?: object }[]) {
  for (const { headers = {}, value = Buffer.from('{}') } of records) {
    await kafka.produce('messages', [
      { key: 'k', value, headers: Object.entries(headers) as [string, string][] },
    ]);
  }
  const dead = openDeadLetters(kafka);
  for (const each of [...kafka.messages('messages')]) await dead.add(0, each, REASON);
  return dead;
}

const large = (size: number) => Buffer.alloc(size, 'x');
const contentOf = ({ headers, key, value }: KafkaMessage) => ({
  key: key?.toString(),
  value: value?.toString('latin1'),
  headers: headers
    .filter(([name]) => !name.startsWith('sendproof-'))
    .map(([name, each]) => [name, each.toString()]),
});

describe('a record that is too large for the topic of dead letters', () => {
  it('is kept as a reference, and replayed with its bytes from its own topic, whatever it holds', async () => {
    const record = fc.record({
      value: fc.nat(30_000).map(large),
      headers: fc.dictionary(
        fc.stringMatching(/^x[a-z]{0,9}$/),
        fc.nat(20_000).map((length) => 'h'.repeat(length)),
        { maxKeys: 3 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), async (records) => {
        const kafka = new FakeKafka({ messages: {}, dead: { mostBytes: 20_000 } });
        const dead = await bury(kafka, records);
        const before = [...kafka.messages('messages')];
        expect(await dead.count()).toBe(before.length);
        const listed = await dead.list(10);
        expect(listed.map(({ sizeBytes }) => sizeBytes)).toEqual(
          before.map(({ value }) => value?.length),
        );
        expect(listed.every(({ reason }) => reason === REASON.reason)).toBe(true);
        expect(await dead.replay()).toBe(before.length);
        const replayed = kafka.messages('messages').slice(before.length);
        expect(replayed.map(contentOf)).toEqual(before.map(contentOf));
        expect(replayed.map((each) => identityOf('messages', 0, each))).toEqual(
          before.map((each) => identityOf('messages', 0, each)),
        );
        expect(await dead.count()).toBe(0);
        expect(await dead.list(10)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('says so in the list, with the place of its bytes', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: { mostBytes: 20_000 } });
    const dead = await bury(kafka, [{ value: large(50_000), headers: { traceparent: '00-1' } }]);
    const [letter] = await dead.list(10);
    expect(letter).toMatchObject({ origin: 'messages/0/0', sizeBytes: 50_000, replays: 0 });
    expect(letter?.detail).toContain(REASON.detail);
    expect(letter?.detail).toContain('as long as that topic keeps them');
    expect(kafka.messages('dead').map(contentOf)).toEqual([
      {
        key: 'k',
        value: '50000 bytes, which are only in the topic messages',
        headers: [['traceparent', '00-1']],
      },
    ]);
  });

  it('stays a dead letter where its topic no longer has it, beside others that are replayed', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: { mostBytes: 20_000 } });
    const dead = await bury(kafka, [{ value: large(50_000) }, {}, { value: large(60_000) }]);
    kafka.removeBefore('messages', 1n);
    for (let tries = 1; tries <= 2; tries += 1) {
      expect(await dead.replay()).toBe(tries === 1 ? 2 : 0);
      const [letter, ...others] = await dead.list(10);
      expect(others).toEqual([]);
      expect(letter).toMatchObject({
        origin: 'messages/0/0',
        sizeBytes: 50_000,
        ...{ replays: 0 },
      });
      expect(letter?.detail.match(/no longer has its bytes/g)).toHaveLength(1);
      expect(letter?.detail).toContain(REASON.detail);
    }
    expect(kafka.messages('messages')).toHaveLength(4);
  });

  it('is not taken from a topic that was made anew, nor from another topic', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: { mostBytes: 20_000 }, secrets: {} });
    const dead = await bury(kafka, [{ value: large(50_000) }]);
    const [given] = kafka.messages('messages');
    if (given) given.timestampMs += 1;
    await kafka.produce('secrets', [{ value: Buffer.from('s'), headers: [] }]);
    const forged = [
      'sendproof-content',
      'sendproof-topic',
      'sendproof-partition',
      'sendproof-offset',
    ];
    const values = ['at-origin', 'secrets', '0', '0'];
    const headers = forged.map((name, index): [string, string] => [name, values[index] ?? '']);
    await kafka.produce('dead', [
      { value: Buffer.from('x'), headers },
      { value: Buffer.from('x'), headers: [['sendproof-content', 'at-origin']] },
    ]);
    expect(await dead.replay()).toBe(0);
    expect(await dead.list(10)).toHaveLength(3);
    expect(kafka.messages('messages')).toHaveLength(1);
    expect(kafka.reads.some((each) => each.startsWith('secrets'))).toBe(false);
  });

  it('stays where its topic takes no record of this size any more', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: {} });
    const dead = await bury(kafka, [{ value: large(50_000) }, {}]);
    kafka.limit('messages', 10_000);
    expect(await dead.replay()).toBe(1);
    const [letter, ...others] = await dead.list(10);
    expect(others).toEqual([]);
    expect(letter?.detail).toContain('Raise max.message.bytes');
    kafka.limit('messages', 100_000);
    expect(await dead.replay()).toBe(1);
  });

  it('is said to need a larger limit where not even its reference is taken', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: { mostBytes: 10 } });
    await expect(bury(kafka, [{}])).rejects.toThrow('raise its max.message.bytes');
  });
});

describe('a record that can’t be read', () => {
  const UNREAD = 'The batch of the offsets 0 to 1 can’t be decompressed: incorrect header check';
  const unread = { value: undefined, unreadable: UNREAD, key: undefined, headers: [] };

  it('is kept as a reference, stays while it can’t be read, and is replayed once it can', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: {} });
    const dead = openDeadLetters(kafka);
    await kafka.produce('messages', [
      { key: 'k', value: Buffer.from('one'), headers: [['x', 'y']] },
      { key: 'k', value: Buffer.from('other'), headers: [] },
    ]);
    const stored = kafka.messages('messages').splice(0);
    const broken = stored.map((each): KafkaMessage => ({ ...each, ...unread, timestampMs: 1 }));
    kafka.messages('messages').push(...broken);
    const reason = { reason: 'unreadable', detail: UNREAD };
    for (const each of broken) await dead.add(0, each, reason);
    const listed = await dead.list(10);
    expect(listed).toMatchObject([
      { origin: 'messages/0/0', reason: 'unreadable', sizeBytes: 0 },
      { origin: 'messages/0/1', reason: 'unreadable', sizeBytes: 0 },
    ]);
    expect(listed[0]?.detail).toBe(
      `${UNREAD} Until it can be read, the bytes are only where the record came from, as long as that topic keeps them.`,
    );

    for (let tries = 0; tries < 2; tries += 1) {
      expect(await dead.replay()).toBe(0);
      const [letter] = await dead.list(10);
      expect(letter?.detail.match(/still can’t be read/g)).toHaveLength(1);
    }
    kafka.messages('messages').splice(0, 2, ...stored);
    expect(await dead.replay()).toBe(2);
    const replayed = kafka.messages('messages').slice(2);
    expect(replayed.map(contentOf)).toEqual(stored.map(contentOf));
    const identities = replayed.map((each) => identityOf('messages', 0, each));
    expect(identities).toEqual(['messages/0/0@unread', 'messages/0/1@unread']);
    expect(await dead.count()).toBe(0);
  });
});

describe('a topic of dead letters', () => {
  it('that is missing is created with the first dead letter, and is no fault', async () => {
    const kafka = new FakeKafka({ messages: {} });
    const dead = openDeadLetters(kafka);
    expect([
      await dead.fault(),
      await dead.count(),
      await dead.list(1),
      await dead.replay(),
    ]).toEqual([undefined, 0, [], 0]);
    await bury(kafka, [{}]);
    expect(await dead.count()).toBe(1);
  });

  it('that is missing and can’t be created is a fault with its remedy', async () => {
    const kafka = new FakeKafka({ messages: {} });
    kafka.mayCreate = false;
    const dead = openDeadLetters(kafka);
    expect(await dead.fault()).toContain('create it');
    // It may be one that this user can't see: nobody must take it for empty.
    await expect(dead.list(1)).rejects.toThrow('the right to see it');
    await expect(dead.count()).rejects.toThrow('the right to see it');
    await expect(dead.replay()).rejects.toThrow('the right to see it');
    await expect(bury(kafka, [{}])).rejects.toThrow('may not create it: create it');
  });

  it('that this user may not write to is said, with the right that is missing', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: {} });
    kafka.forbidden.add('dead');
    await expect(bury(kafka, [{}])).rejects.toThrow('the right to write');
  });
});

describe('what was replayed', () => {
  const DAY_MS = 24 * 60 * 60 * 1_000;
  const queueOf = (kafka: FakeKafka) =>
    new KafkaQueue(kafka, { group: 'g', topic: 'messages' }, 'dead', {
      name: 'q',
      log: pino({ level: 'silent' }),
      mostInHand: 10,
    });
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('stays so while the queue is consumed, although the broker forgets offsets after a week', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: {} });
    kafka.offsetsRetentionMs = 7 * DAY_MS;
    const dead = await bury(kafka, [{}, {}]);
    expect(await dead.replay()).toBe(2);
    const queue = queueOf(kafka);
    queue.consume(() => Promise.resolve('settled'));
    await vi.advanceTimersByTimeAsync(30 * DAY_MS);
    expect(await queue.countDeadLetters()).toBe(0);
    expect(await queue.replayDeadLetters()).toBe(0);
    await queue.close();
    await vi.advanceTimersByTimeAsync(8 * DAY_MS);
    expect(await dead.count()).toBe(2);
  });

  it('is renewed in the first minute of a consumer, and later also after a failure', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: {} });
    kafka.offsetsRetentionMs = DAY_MS;
    const dead = await bury(kafka, [{}]);
    expect(await dead.replay()).toBe(1);
    await vi.advanceTimersByTimeAsync(DAY_MS - 61_000);
    const queue = queueOf(kafka);
    queue.consume(() => Promise.resolve('settled'));
    await vi.advanceTimersByTimeAsync(DAY_MS / 4);
    kafka.failSetCommitted = () => new Error('The group has a member');
    await vi.advanceTimersByTimeAsync(DAY_MS / 2);
    kafka.failSetCommitted = () => undefined;
    await vi.advanceTimersByTimeAsync(DAY_MS / 2);
    expect(await queue.countDeadLetters()).toBe(0);
    await queue.close();
  });

  it('is nothing for a queue without dead letters, or whose dead letters were not replayed', async () => {
    for (const kafka of [
      new FakeKafka({ messages: {} }),
      new FakeKafka({ messages: {}, dead: {} }),
    ]) {
      const dead = openDeadLetters(kafka);
      await dead.renewReplayed();
      await bury(kafka, [{}]);
      await dead.renewReplayed();
      expect(await dead.count()).toBe(1);
    }
  });

  it('is stored although the group has a member at this moment', async () => {
    const kafka = new FakeKafka({ messages: {}, dead: {} });
    const dead = await bury(kafka, [{}]);
    let failures = 1;
    kafka.failSetCommitted = () => {
      failures -= 1;
      return failures >= 0 ? new Error('The group has a member') : undefined;
    };
    expect(await dead.replay()).toBe(1);
    expect(await dead.count()).toBe(0);
  });
});

it('reads records together that are close to each other, and each of them once', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 10_000n }), { maxLength: 40 }), (offsets) => {
      const ranges = rangesOf(offsets);
      for (const offset of offsets) {
        expect(ranges.filter(({ from, to }) => from <= offset && offset < to)).toHaveLength(1);
      }
      const read = ranges.reduce((sum, { from, to }) => sum + Number(to - from), 0);
      expect(read).toBeLessThanOrEqual(offsets.length * 101);
    }),
  );
});

it.each([
  ['MESSAGE_TOO_LARGE', RecordTooLarge],
  ['RECORD_LIST_TOO_LARGE', RecordTooLarge],
  ['UNKNOWN_TOPIC_OR_PARTITION', TopicRefused],
  ['TOPIC_AUTHORIZATION_FAILED', TopicRefused],
  ['CLUSTER_AUTHORIZATION_FAILED', TopicRefused],
  ['NOT_ENOUGH_REPLICAS', Error],
])('knows %s, as the error itself, its cause, or one of several', (type, kind) => {
  const error = Object.assign(new Error('as the broker says it'), { type });
  const given = [
    error,
    new Error('tried too often', { cause: new Error('failed', { cause: error }) }),
    Object.assign(new Error('several'), { errors: [new Error('other'), error] }),
  ];
  for (const each of given) {
    const failure = failureOf(each, 't');
    expect(failure).toBeInstanceOf(kind);
    if (kind === Error) expect(failure).toBe(each);
  }
});
