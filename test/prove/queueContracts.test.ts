/** The contract of queues against the real ones. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import type { Queue, QueueRecord, QueueType } from '../../src/queues/queue.js';
import { kafka } from '../../src/queues/kafka/kafka.js';
import { sqs } from '../../src/queues/sqs/sqs.js';
import { startSecuredBroker } from '../kafka/broker.js';
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

// At the same time, since each waits for the end of requests that find nothing.
describe.concurrent('ElasticMQ', () => {
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
  let broker: Awaited<ReturnType<typeof startSecuredBroker>>;
  let topics: Topics;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sendproof-contracts-'));
    broker = await startSecuredBroker();
    topics = await openTopics(broker.address);
  }, 5 * 60_000);
  afterAll(async () => {
    await topics.close();
    await broker.close();
    await rm(directory, { recursive: true });
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

  /** A topic with one record, behind TLS and credentials. */
  const openSecured = async (settings: { mechanism?: string; password?: string; ca?: string }) => {
    const { address, certificate, password, username } = broker.secured;
    const topic = `secured-${randomUUID()}`;
    await topics.create({ [topic]: 1, [`${topic}.dlq`]: 1 });
    await topics.send(topic, [{ value: 'secret' }]);
    const passwordFile = join(directory, randomUUID());
    await writeFile(passwordFile, settings.password ?? password);
    return await create(kafka, {
      ...{ brokers: [address], topic, group: topic },
      tls: settings.ca === 'unknown' ? true : { ca: certificate },
      sasl: {
        mechanism: settings.mechanism ?? 'scram-sha-512',
        username,
        password: { file: passwordFile },
      },
    });
  };

  it.each(['plain', 'scram-sha-512'])(
    'is consumed with credentials (%s) over TLS',
    async (mechanism) => {
      const queue = await openSecured({ mechanism });
      const texts: string[] = [];
      const consumer = queue.consume(({ body }) => {
        texts.push(body.toString());
        return Promise.resolve('settled');
      });
      await eventually(() => expect(texts).toEqual(['secret']));
      await eventually(async () => expect(await lagOf(queue)).toBe(0));
      expect([consumer.fault(), await queue.faults()]).toEqual([undefined, []]);
      await consumer.stop();
      await queue.close();
    },
  );

  it.each([
    ['a wrong password', { password: 'wrong' }, 'check username and password of kafka.sasl'],
    ['a wrong password of plain', { mechanism: 'plain', password: 'wrong' }, 'kafka.sasl'],
    ['a mechanism that the broker has not', { mechanism: 'scram-sha-256' }, 'kafka.sasl.mechanism'],
    ['an unknown authority', { ca: 'unknown' }, 'in kafka.tls.ca'],
  ])('says what is wrong with %s', async (_, settings, remedy) => {
    const queue = await openSecured(settings);
    await expect(queue.faults()).rejects.toThrow(remedy);
    const consumer = queue.consume(() => Promise.resolve('settled'));
    await eventually(() => expect(consumer.fault()).toContain(remedy));
    await consumer.stop();
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
