/** The Kafka client by kafkajs. Imported only where a queue is configured. */
import { randomUUID } from 'node:crypto';
import kafkajs, {
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type IHeaders,
  type KafkaConfig,
  type LogEntry,
  type Producer,
  type RetryOptions,
  type SASLOptions,
} from 'kafkajs';
import type { Logger } from 'pino';
import { unlessAborted, withinTime } from '../../lib/deadline.js';
import { own } from '../../lib/own.js';
import {
  TopicRefused,
  type KafkaBatch,
  type KafkaClient,
  type KafkaMessage,
  type Offsets,
  type Subscription,
} from './client.js';
import { withRemedy } from './connectionFault.js';
import { ungzip, unlz4, unsnappy, unzstandard } from './decompression.js';
import './kafkajsBatchEnds.js';
import './kafkajsRequestQueue.js';
import { RecordTooLarge } from '../queue.js';
import type { KafkaConnection } from './settings.js';
import { decompressedOrStandIns, unreadableReason } from './unreadableBatch.js';

/** Broken connections are noticed within it. */
const CONNECT_WITHIN_MS = 5_000;
const REQUEST_WITHIN_MS = 15_000;

/**
 * A member that is silent for so long loses its partitions: so long nobody handles them after a kill. Heartbeats are sent by the
 * loop that fetches, which waits for nothing else.
 */
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const REBALANCE_WITHIN_MS = 30_000;

/** How long a broker holds a fetch that has nothing, and how long the loop sleeps while everything is paused. */
const FETCH_WAIT_MS = 500;

/** One fetch of a partition. A record may be larger. */
const FETCH_BYTES = 512 * 1024;

/** A membership of which nothing was heard for so long has ended without saying so. */
const SILENT_FOR_MS = 3 * SESSION_MS;

/** The caller decides how to go on: a client that fails is made anew. */
const RETRY: RetryOptions = { initialRetryTime: 200, maxRetryTime: 3_000, retries: 4 };

const STOP_WITHIN_MS = 5_000;
/** A broker that is away is connected to for longer, which nobody waits for. */
const CLOSE_WITHIN_MS = 2_000;
const READ_WITHIN_MS = 60_000;

const { CompressionCodecs, CompressionTypes } = kafkajs;
const gzip = CompressionCodecs[CompressionTypes.GZIP] as () => { compress: unknown };
CompressionCodecs[CompressionTypes.GZIP] = () => ({
  ...gzip(),
  decompress: (compressed: Buffer) => decompressedOrStandIns(compressed, ungzip),
});
CompressionCodecs[CompressionTypes.Snappy] = codecOf(unsnappy);
CompressionCodecs[CompressionTypes.LZ4] = codecOf(unlz4);
CompressionCodecs[CompressionTypes.ZSTD] = codecOf(unzstandard);

function codecOf(decompress: (compressed: Buffer) => Buffer) {
  return () => ({
    compress: () => Promise.reject(new Error('Nothing is sent with this compression.')),
    decompress: (compressed: Buffer) => decompressedOrStandIns(compressed, decompress),
  });
}

export function kafkajsConfiguration(connection: KafkaConnection, log: Logger): KafkaConfig {
  const { brokers, clientId, sasl, tls } = connection;
  return {
    brokers,
    clientId,
    ...(tls && { ssl: tls }),
    // Its type wants one mechanism at a time.
    ...(sasl && { sasl: sasl as SASLOptions }),
    connectionTimeout: CONNECT_WITHIN_MS,
    authenticationTimeout: CONNECT_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    retry: RETRY,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => (entry) => logEntry(entry, log),
  };
}

/** The library logs at the level of an error what is tried again; what ends a client is logged by whoever makes it anew. */
function logEntry({ log: { error, groupId, message, topic }, namespace }: LogEntry, log: Logger) {
  log.debug({ client: namespace, topic, groupId, error }, message);
}

const CONSUMER: Omit<ConsumerConfig, 'groupId'> = {
  sessionTimeout: SESSION_MS,
  heartbeatInterval: HEARTBEAT_MS,
  rebalanceTimeout: REBALANCE_WITHIN_MS,
  maxWaitTimeInMs: FETCH_WAIT_MS,
  maxBytesPerPartition: FETCH_BYTES,
  allowAutoTopicCreation: false,
  // A client that has failed is not revived: the subscription ends, and its owner makes a new one.
  retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
};

export class KafkajsClient implements KafkaClient {
  readonly #kafka: kafkajs.Kafka;
  #producer: Promise<Producer> | undefined;
  #admin: Promise<Admin> | undefined;

  constructor(connection: KafkaConnection, log: Logger) {
    this.#kafka = new kafkajs.Kafka(kafkajsConfiguration(connection, log));
  }

  async subscribe({
    group,
    onAssigned,
    onBatch,
    signal,
    topic,
  }: Parameters<KafkaClient['subscribe']>[0]): Promise<Subscription> {
    const consumer = this.#kafka.consumer({ ...CONSUMER, groupId: group });
    const end = endOf(consumer);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      onAssigned(own(payload.memberAssignment, topic) ?? []);
    });
    onBatchWithoutMessages(consumer, onBatch);
    const join = async (): Promise<void> => {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: true,
        partitionsConsumedConcurrently: 1,
        eachBatch: ({ batch }) => {
          onBatch({
            partition: batch.partition,
            messages: batch.messages.map(messageOf),
            lastOffset: BigInt(batch.lastOffset()),
          });
          return Promise.resolve();
        },
      });
    };
    try {
      await unlessAborted(join(), signal);
    } catch (error) {
      await stop(consumer, end);
      throw withRemedy(error);
    }
    const select = (partitions: readonly number[]) => [{ topic, partitions: [...partitions] }];
    return {
      pause: (partitions) => consumer.pause(select(partitions)),
      resume: (partitions) => consumer.resume(select(partitions)),
      commit: (offsets) =>
        consumer.commitOffsets(
          [...offsets].map(([partition, offset]) => ({
            topic,
            partition,
            offset: String(offset),
          })),
        ),
      stop: () => stop(consumer, end),
      failed: end.failed,
    };
  }

  async produce(topic: string, messages: Parameters<KafkaClient['produce']>[1]): Promise<void> {
    const producer = await (this.#producer ??= this.#connectProducer());
    try {
      await producer.send({
        topic,
        acks: ALL_IN_SYNC,
        compression: compressionOf(messages),
        messages: messages.map(({ headers, key, value }) => ({
          key: key ?? null,
          value: value ?? null,
          headers: headersFrom(headers),
        })),
      });
    } catch (error) {
      throw failureOf(error, topic);
    }
  }

  async createTopic(topic: string, { onlyAsk = false } = {}): Promise<void> {
    const admin = await this.#connectedAdmin();
    try {
      await admin.createTopics({
        validateOnly: onlyAsk,
        waitForLeaders: !onlyAsk,
        topics: [{ topic, numPartitions: 1, configEntries: [KEPT_FOR_EVER] }],
      });
    } catch (error) {
      throw failureOf(error, topic);
    }
  }

  async partitionsOf(topic: string): Promise<number | undefined> {
    const admin = await this.#connectedAdmin();
    if (!(await admin.listTopics()).includes(topic)) return undefined;
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length;
  }

  async range(topic: string): ReturnType<KafkaClient['range']> {
    const admin = await this.#connectedAdmin();
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ high, low, partition }) => ({
      partition,
      first: BigInt(low),
      end: BigInt(high),
    }));
  }

  async committed(group: string, topic: string): Promise<Offsets> {
    const admin = await this.#connectedAdmin();
    const topics = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const partitions = topics.find((each) => each.topic === topic)?.partitions ?? [];
    return new Map(
      partitions.flatMap(({ offset, partition }): [number, bigint][] =>
        Number(offset) < 0 ? [] : [[partition, BigInt(offset)]],
      ),
    );
  }

  async setCommitted(group: string, topic: string, offsets: Offsets): Promise<void> {
    const admin = await this.#connectedAdmin();
    const partitions = [...offsets].map(([partition, offset]) => ({
      partition,
      offset: String(offset),
    }));
    await admin.setOffsets({ groupId: group, topic, partitions });
  }

  async read(
    topic: string,
    { from, to }: { from: Offsets; to: Offsets },
    onMessage: (partition: number, message: KafkaMessage) => void,
    readerGroup: string,
  ): Promise<void> {
    const next = new Map(from);
    const left = new Map([...to].filter(([partition, end]) => (next.get(partition) ?? 0n) < end));
    if (left.size === 0) return;
    // A group of its own, which leaves nothing behind since it commits nothing.
    const groupId = `${readerGroup}.${randomUUID()}`;
    const consumer = this.#kafka.consumer({ ...CONSUMER, groupId });
    const end = endOf(consumer);
    try {
      const complete = new Promise<void>((resolve, reject) => {
        const readUpTo = (partition: number, lastOffset: bigint): void => {
          if (lastOffset + 1n >= (left.get(partition) ?? 0n)) left.delete(partition);
          if (left.size === 0) resolve();
        };
        onBatchWithoutMessages(consumer, ({ lastOffset, partition }) => {
          // Before the search for the offset has taken effect, it may be another part of the partition.
          if (lastOffset >= (next.get(partition) ?? 0n)) readUpTo(partition, lastOffset);
        });
        const run = async (): Promise<void> => {
          await consumer.connect();
          await consumer.subscribe({ topic, fromBeginning: true });
          await consumer.run({
            autoCommit: false,
            eachBatch: ({ batch }) => {
              const { partition } = batch;
              const last = left.get(partition) ?? 0n;
              for (const message of batch.messages.map(messageOf)) {
                // Before the search for the offset has taken effect, some may come that come again.
                const isWanted = message.offset >= (next.get(partition) ?? 0n);
                if (!isWanted || message.offset >= last) continue;
                next.set(partition, message.offset + 1n);
                onMessage(partition, message);
              }
              readUpTo(partition, BigInt(batch.lastOffset()));
              return Promise.resolve();
            },
          });
          for (const [partition, offset] of from) {
            consumer.seek({ topic, partition, offset: String(offset) });
          }
        };
        run().catch(reject);
        void end.failed.then(reject);
      });
      const late = () => new Error(`The topic ${topic} could not be read in time.`);
      await withinTime(complete, READ_WITHIN_MS, { late });
    } finally {
      await stop(consumer, end);
    }
  }

  async close(): Promise<void> {
    const connections = [this.#producer, this.#admin];
    this.#producer = undefined;
    this.#admin = undefined;
    const closed = connections.map(async (each) => await (await each)?.disconnect());
    const late = () => new Error('The Kafka client did not disconnect in time.');
    await withinTime(Promise.allSettled(closed), CLOSE_WITHIN_MS, { late }).catch(() => undefined);
  }

  /** One that couldn't be connected is made anew with the next call. */
  async #connectProducer(): Promise<Producer> {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false, idempotent: false });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      this.#producer = undefined;
      throw withRemedy(error);
    }
  }

  async #connectedAdmin(): Promise<Admin> {
    this.#admin ??= (async () => {
      const admin = this.#kafka.admin();
      try {
        await admin.connect();
        return admin;
      } catch (error) {
        this.#admin = undefined;
        throw withRemedy(error);
      }
    })();
    return await this.#admin;
  }
}

const ALL_IN_SYNC = -1;

/** By default, brokers remove messages after a week. */
const KEPT_FOR_EVER = { name: 'retention.ms', value: '-1' };

/** A small record gains nothing by compression. */
const LARGE_BYTES = 64 * 1024;

/**
 * What is large is compressed, since brokers limit the compressed size: a dead letter is larger than its record, by its reason and
 * origin, and must fit where the record did.
 */
export function compressionOf(
  messages: Parameters<KafkaClient['produce']>[1],
): kafkajs.CompressionTypes {
  const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  return bytes >= LARGE_BYTES ? CompressionTypes.GZIP : CompressionTypes.None;
}

interface End {
  failed: Promise<Error>;
  /** Nothing is watched any more. */
  forget: () => void;
}

/** Notices when a consumer has crashed, and when it only looks as if it ran. */
function endOf(consumer: Consumer): End {
  let heardAt = performance.now();
  const { CRASH, FETCH_START, GROUP_JOIN, HEARTBEAT } = consumer.events;
  const heard = (): void => {
    heardAt = performance.now();
  };
  consumer.on(FETCH_START, heard);
  consumer.on(GROUP_JOIN, heard);
  consumer.on(HEARTBEAT, heard);
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<Error>((resolve) => {
    consumer.on(CRASH, ({ payload }) => resolve(payload.error));
    timer = setInterval(() => {
      if (performance.now() - heardAt < SILENT_FOR_MS) return;
      resolve(new Error(`The Kafka client has done nothing for ${SILENT_FOR_MS / 1_000} s.`));
    }, HEARTBEAT_MS);
    timer.unref();
  });
  const forget = (): void => clearInterval(timer);
  void failed.then(forget);
  return { failed, forget };
}

async function stop(consumer: Consumer, { forget }: End): Promise<void> {
  forget();
  const late = () => new Error('The Kafka client did not disconnect in time.');
  await withinTime(consumer.disconnect(), STOP_WITHIN_MS, { late }).catch(() => undefined);
}

/** As the library has read it. Headers without a value are left out. */
export function messageOf({
  headers = {},
  key,
  offset,
  timestamp,
  value,
}: kafkajs.KafkaMessage): KafkaMessage {
  const unreadable = unreadableReason({ value });
  return {
    offset: BigInt(offset),
    key: key ?? undefined,
    value: unreadable === undefined ? (value ?? undefined) : undefined,
    unreadable,
    headers: Object.entries(headers).flatMap(([name, values]) =>
      // Its types don't say that one of several values may be null.
      ([values].flat() as (Buffer | string | null | undefined)[]).flatMap(
        (each): [string, Buffer][] => (each == null ? [] : [[name, Buffer.from(each)]]),
      ),
    ),
    timestampMs: Number(timestamp),
  };
}

function headersFrom(headers: readonly [string, Buffer | string][]): IHeaders {
  const byName = new Map<string, (Buffer | string)[]>();
  for (const [name, value] of headers) byName.set(name, [...(byName.get(name) ?? []), value]);
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** The library hands no batch over that has only markers of transactions, aborted messages or gaps. It only says how far it read. */
function onBatchWithoutMessages(consumer: Consumer, onBatch: (batch: KafkaBatch) => void): void {
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const { batchSize, lastOffset, partition } = payload;
    if (batchSize === 0) onBatch({ partition, messages: [], lastOffset: BigInt(lastOffset) });
  });
}

/** What the broker says of a message, or of all messages of a request together. */
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];
const MISSING = ['UNKNOWN_TOPIC_OR_PARTITION'];
const FORBIDDEN = [
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
];

/** The error as the contract has it, where it has one. */
export function failureOf(error: unknown, topic: string): unknown {
  const types = typesOf(error);
  const isOf = (known: readonly string[]) => types.some((type) => known.includes(type));
  if (isOf(TOO_LARGE)) return new RecordTooLarge(undefined, { cause: error });
  if (isOf(FORBIDDEN)) return new TopicRefused(topic, 'forbidden', { cause: error });
  if (isOf(MISSING)) return new TopicRefused(topic, 'missing', { cause: error });
  return error;
}

/** Kafka's names of an error, of its causes, and of those that it collects. */
function typesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { errors, type } = error as { errors?: unknown; type?: unknown };
  return [
    ...(typeof type === 'string' ? [type] : []),
    ...typesOf(error.cause),
    ...(Array.isArray(errors) ? errors.flatMap(typesOf) : []),
  ];
}
