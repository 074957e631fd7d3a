/** The contract of queues against the real ones. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import type { Queue, QueueRecord, QueueType } from '../../src/queues/queue.js';
import { kafka } from '../../src/queues/kafka/kafka.js';
import { sqs } from '../../src/queues/sqs/sqs.js';
import { startKafkaBroker, type KafkaBroker } from '../kafka/broker.js';
import { eventually } from '../eventually.js';
import { openTopics, type Topics } from '../kafka/topics.js';
import { queueContract, type QueueUnderTest } from '../queueContract.js';
import { CREDENTIALS, startElasticMq, type ElasticMq } from '../sqs/elasticMq.js';

const context = { name: 'q', log: pino({ level: 'silent' }), mostInHand: 100 };

async function create(type: QueueType, settings: object, deadLetter?: string): Promise<Queue> {
  return await type.create(type.schema.parse(settings), deadLetter, context);
}

/** @param settings of a queue that exists, and of one that doesn't */
async function underTest(
  type: QueueType,
  settings: { existing: object; missing: object },
): Promise<QueueUnderTest> {
  const queue = await create(type, settings.existing);
  return {
    queue,
    another: () => create(type, settings.existing),
    missing: () => create(type, settings.missing),
    close: () => queue.close(),
  };
}

describe('ElasticMQ', () => {
  let server: ElasticMq;
  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS);
    server = await startElasticMq();
  }, 5 * 60_000);
  afterAll(async () => {
    for (const name of Object.keys(CREDENTIALS)) Reflect.deleteProperty(process.env, name);
    await server.close();
  });

  const open = async (ending: string): Promise<QueueUnderTest> => {
    const existing = await server.create(`contract-${randomUUID()}${ending}`);
    const missing = { ...existing, url: `${existing.url}x` };
    return await underTest(sqs, { existing, missing });
  };
  describe('standard', () => queueContract(() => open('')));
  describe('FIFO', () => queueContract(() => open('.fifo')));
});

describe('Kafka', () => {
  let broker: KafkaBroker;
  let topics: Topics;
  beforeAll(async () => {
    broker = await startKafkaBroker();
    topics = await openTopics(broker.address);
  }, 5 * 60_000);
  afterAll(async () => {
    await topics.close();
    await broker.close();
  });

  /** A queue of its own, whose topics have these settings. */
  const openQueue = async (settings: {
    topic?: Record<string, string>;
    withoutDeadLetters?: true;
  }) => {
    const topic = `queue-${randomUUID()}`;
    await topics.create({ [topic]: 1 }, settings.topic);
    if (!settings.withoutDeadLetters) await topics.create({ [`${topic}.dlq`]: 1 });
    const queue = await create(kafka, { brokers: [broker.address], topic, group: topic });
    return { topic, queue };
  };
  const lagOf = async (queue: Queue) =>
    (await queue.lag()).reduce((sum, { records }) => sum + records, 0);
  const bury = async (record: QueueRecord) => {
    await record.moveToDeadLetters({ reason: 'invalid_request', detail: 'd' });
    return 'settled' as const;
  };

  it('keeps a reference to a record that the topic of dead letters doesn’t take, and replays it', async () => {
    const { queue, topic } = await openQueue({ topic: { 'max.message.bytes': '4000000' } });
    // Noise, so that it stays large.
    const value = randomBytes(2_000_000);
    await topics.send(topic, [{ key: 'k', value, headers: { traceparent: '00-1' } }]);
    const consumer = queue.consume(bury);
    await eventually(async () => expect(await queue.countDeadLetters()).toBe(1));
    await eventually(async () => expect(await lagOf(queue)).toBe(0));
    await consumer.stop();
    const [letter] = await queue.deadLetters(10);
    expect(letter).toMatchObject({ reason: 'invalid_request', sizeBytes: value.length });
    expect(await queue.replayDeadLetters()).toBe(1);
    const [, again] = await topics.read(topic);
    expect(again?.value?.equals(value)).toBe(true);
    expect(again?.headers?.traceparent?.toString()).toBe('00-1');
    expect(await queue.countDeadLetters()).toBe(0);
    await queue.close();
  });

  it('creates the topic of dead letters with the first of them', async () => {
    const { queue, topic } = await openQueue({ withoutDeadLetters: true });
    expect([await queue.faults(), await queue.countDeadLetters()]).toEqual([[], 0]);
    await topics.send(topic, [{ value: 'no JSON' }]);
    const consumer = queue.consume(bury);
    await eventually(async () => expect(await queue.countDeadLetters()).toBe(1));
    await eventually(async () => expect(await lagOf(queue)).toBe(0));
    await consumer.stop();
    expect(await queue.deadLetters(10)).toHaveLength(1);
    await queue.close();
  });

  it('has no lag behind markers of transactions, aborted records and records without a value, and lists at once', async () => {
    const { queue, topic } = await openQueue({});
    const handled: QueueRecord[] = [];
    const consumer = queue.consume((record) => {
      handled.push(record);
      return Promise.resolve('settled');
    });
    await topics.sendInTransaction(
      topic,
      [{ value: 'first' }, { key: 'k', value: null }],
      'commit',
    );
    await eventually(() => expect(handled).toHaveLength(2));
    await eventually(async () => expect(await lagOf(queue)).toBe(0));
    await topics.sendInTransaction(topic, [{ value: 'aborted' }], 'abort');
    await eventually(async () => expect(await lagOf(queue)).toBe(0));
    expect(handled.map(({ body, isTombstone }) => [body.toString(), isTombstone])).toEqual([
      ['first', false],
      ['', true],
    ]);
    await consumer.stop();
    await topics.sendInTransaction(`${topic}.dlq`, [{ value: 'dead' }], 'commit');
    await topics.sendInTransaction(`${topic}.dlq`, [{ value: 'aborted' }], 'abort');
    expect(await queue.deadLetters(10)).toHaveLength(1);
    await queue.close();
  });

  queueContract(async () => {
    const topic = `contract-${randomUUID()}`;
    await topics.create({ [topic]: 2, [`${topic}.dlq`]: 1 });
    const existing = { brokers: [broker.address], topic, group: topic };
    return await underTest(kafka, {
      existing,
      missing: { ...existing, topic: `${topic}-missing` },
    });
  });
});
