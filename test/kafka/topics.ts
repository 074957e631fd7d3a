/** What a test does at a broker beside the product: topics, records, offsets. */
import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin, type Message, type Producer } from 'kafkajs';

export interface Topics {
  /** Makes topics of this many partitions, with settings as `compression.type`. */
  create(partitions: Record<string, number>, settings?: Record<string, string>): Promise<void>;
  send(topic: string, records: Message[]): Promise<void>;
  /** As one batch, compressed with gzip. */
  sendCompressed(topic: string, records: Message[]): Promise<void>;
  /** As one transaction, which ends with a marker in each partition that it wrote to. */
  sendInTransaction(topic: string, records: Message[], end: 'commit' | 'abort'): Promise<void>;
  /** The sum over all partitions of how far the group has come. */
  committed(group: string, topic: string): Promise<number>;
  /** How many offsets the topic has. */
  length(topic: string): Promise<number>;
  /** All records from the beginning. */
  read(topic: string): Promise<kafkajs.KafkaMessage[]>;
  close(): Promise<void>;
}

/** A request holds so many records, well below the broker's limit of 1 MB, or one that is large. */
const SENT_AT_ONCE = 500;
const LARGE = 100_000;

export async function openTopics(address: string): Promise<Topics> {
  const kafka = new kafkajs.Kafka({
    brokers: [address],
    clientId: 'test',
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 1_000 },
  });
  const admin: Admin = kafka.admin();
  await admin.connect();
  const producer: Producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const sum = (offsets: readonly { offset: string }[]) =>
    offsets.reduce((total, { offset }) => total + Math.max(0, Number(offset)), 0);
  const length = async (topic: string) => sum(await admin.fetchTopicOffsets(topic));
  return {
    create: async (partitions, settings = {}) => {
      await admin.createTopics({
        waitForLeaders: true,
        topics: Object.entries(partitions).map(([topic, numPartitions]) => ({
          topic,
          numPartitions,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        })),
      });
    },
    send: async (topic, records) => {
      const isLarge = ({ value }: Message) => (value?.length ?? 0) > LARGE;
      const small = records.filter((each) => !isLarge(each));
      for (let at = 0; at < small.length; at += SENT_AT_ONCE) {
        await producer.send({ topic, acks: -1, messages: small.slice(at, at + SENT_AT_ONCE) });
      }
      for (const each of records.filter(isLarge)) {
        await producer.send({ topic, acks: -1, messages: [each] });
      }
    },
    sendCompressed: async (topic, messages) => {
      const compression = kafkajs.CompressionTypes.GZIP;
      await producer.send({ topic, acks: -1, compression, messages });
    },
    sendInTransaction: async (topic, messages, end) => {
      const transactional = kafka.producer({
        transactionalId: randomUUID(),
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
      });
      await transactional.connect();
      const transaction = await transactional.transaction();
      await transaction.send({ topic, messages });
      await transaction[end]();
      await transactional.disconnect();
    },
    committed: async (group, topic) => {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return sum(found?.partitions ?? []);
    },
    length,
    read: async (topic) => {
      const expected = await length(topic);
      const found: kafkajs.KafkaMessage[] = [];
      if (expected === 0) return found;
      const consumer = kafka.consumer({ groupId: `test-${topic}-${Date.now()}` });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        const eachMessage = ({ message }: { message: kafkajs.KafkaMessage }) => {
          found.push(message);
          if (found.length === expected) resolve();
          return Promise.resolve();
        };
        consumer.run({ eachMessage }).catch(reject);
      });
      await consumer.disconnect();
      return found;
    },
    close: async () => {
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    },
  };
}
