/** The contract of queues against the real ones. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { pino } from 'pino';
import type { Queue, QueueType } from '../../src/queues/queue.js';
import { kafka } from '../../src/queues/kafka/kafka.js';
import { sqs } from '../../src/queues/sqs/sqs.js';
import { startKafkaBroker, type KafkaBroker } from '../kafka/broker.js';
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
