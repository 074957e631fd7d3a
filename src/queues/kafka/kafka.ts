/** Apache Kafka, and what speaks its protocol. */
import type {
  DeadLetterRecord,
  HandleRecord,
  OutgoingRecord,
  Queue,
  QueueConsumer,
  QueueContext,
  QueueLag,
  QueueType,
} from '../queue.js';
import type { KafkaClient, Offsets, ProducedMessage } from './client.js';
import { deadLetterOf, readDeadLetter, replayOf } from './deadLetterHeaders.js';
import { KafkaConsumer } from './kafkaConsumer.js';
import { connectionOf, deadLetterTopic, kafkaSchema, type KafkaSettings } from './settings.js';

export const kafka: QueueType<KafkaSettings> = {
  name: 'kafka',
  schema: kafkaSchema,
  namesDeadLetters: true,
  // Its members share the partitions of one topic among them: with two topics, each would be given what it doesn't read.
  claims: ({ group }) => `the consumer group ${group}`,
  describe: ({ topic }) => `the topic ${topic}`,
  create: async (settings, deadLetter, context) => {
    const connection = connectionOf(settings);
    const { KafkajsClient } = await import('./kafkajsClient.js');
    const client = new KafkajsClient(connection, context.log);
    return new KafkaQueue(client, settings, deadLetterTopic(settings, deadLetter), context);
  },
};

/** Of one request: half of what brokers take by default (`message.max.bytes`). A record may be larger, where they take it. */
const REQUEST_BYTES = 512 * 1024;

export class KafkaQueue implements Queue {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #group: string;
  readonly #deadLetterTopic: string;
  readonly #context: QueueContext;
  #consumer: KafkaConsumer | undefined;

  constructor(
    client: KafkaClient,
    { group, topic }: Pick<KafkaSettings, 'group' | 'topic'>,
    deadLetterTopic: string,
    context: QueueContext,
  ) {
    this.#client = client;
    this.#topic = topic;
    this.#group = group;
    this.#deadLetterTopic = deadLetterTopic;
    this.#context = context;
  }

  consume(handle: HandleRecord): QueueConsumer {
    const { log, mostInHand } = this.#context;
    this.#consumer = new KafkaConsumer({
      client: this.#client,
      topic: this.#topic,
      group: this.#group,
      mostInHand,
      handle,
      moveToDeadLetters: async (partition, message, reason) => {
        const dead = deadLetterOf(this.#topic, partition, message, reason);
        await this.#client.produce(this.#deadLetterTopic, [dead]);
      },
      log,
    });
    return this.#consumer;
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    await this.#produce(
      records.map(({ body, headers, key }) => ({
        key,
        value: body,
        headers: Object.entries(headers),
      })),
    );
  }

  /** Of this member's partitions; of all where this process doesn't consume. */
  async lag(): Promise<QueueLag[]> {
    const [range, committed] = await Promise.all([
      this.#client.range(this.#topic),
      this.#client.committed(this.#group, this.#topic),
    ]);
    const own = this.#consumer && new Set(this.#consumer.partitions);
    return range
      .filter(({ partition }) => own?.has(partition) ?? true)
      .map(({ end, first, partition }) => {
        const at = committed.get(partition) ?? first;
        return { partition: String(partition), records: Number(end - (at > first ? at : first)) };
      });
  }

  async faults(): Promise<string[]> {
    const topics = [this.#topic, this.#deadLetterTopic];
    const partitions = await Promise.all(topics.map((topic) => this.#client.partitionsOf(topic)));
    return topics.flatMap((topic, index) =>
      partitions[index] === undefined
        ? [`Kafka has no topic ${topic}: create it, or give this user the right to see it.`]
        : [],
    );
  }

  async deadLetters(atMost: number): Promise<DeadLetterRecord[]> {
    const found: DeadLetterRecord[] = [];
    await this.#readOpenDeadLetters((partition, message) => {
      found.push(readDeadLetter(this.#deadLetterTopic, partition, message));
    });
    return found
      .toSorted((one, other) => one.deadAt.getTime() - other.deadAt.getTime())
      .slice(0, atMost);
  }

  async replayDeadLetters(): Promise<number> {
    const replays: ProducedMessage[] = [];
    const to = await this.#readOpenDeadLetters((_partition, message) => {
      replays.push(replayOf(message));
    });
    await this.#produce(replays);
    if (replays.length > 0) {
      await this.#client.setCommitted(this.#replayGroup, this.#deadLetterTopic, to);
    }
    return replays.length;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** In as many requests as they need, one after the other. */
  async #produce(messages: readonly ProducedMessage[]): Promise<void> {
    let request: ProducedMessage[] = [];
    let bytes = 0;
    for (const message of messages) {
      const size = sizeOf(message);
      if (request.length > 0 && bytes + size > REQUEST_BYTES) {
        await this.#client.produce(this.#topic, request);
        request = [];
        bytes = 0;
      }
      request.push(message);
      bytes += size;
    }
    if (request.length > 0) await this.#client.produce(this.#topic, request);
  }

  /** Its offsets say which dead letters were replayed. It never has members. */
  get #replayGroup(): string {
    return `${this.#group}.replayed`;
  }

  /** Resolves with the offsets after those that were read. */
  async #readOpenDeadLetters(onMessage: Parameters<KafkaClient['read']>[2]): Promise<Offsets> {
    const [range, replayed] = await Promise.all([
      this.#client.range(this.#deadLetterTopic),
      this.#client.committed(this.#replayGroup, this.#deadLetterTopic),
    ]);
    const from: Offsets = new Map(
      range.map(({ first, partition }) => {
        const at = replayed.get(partition) ?? first;
        return [partition, at > first ? at : first];
      }),
    );
    const to: Offsets = new Map(range.map(({ end, partition }) => [partition, end]));
    await this.#client.read(this.#deadLetterTopic, { from, to }, onMessage, this.#replayGroup);
    return to;
  }
}

/** Without what the protocol adds, which is small beside it. */
function sizeOf({ headers, key = '', value }: ProducedMessage): number {
  const ofHeaders = headers.reduce((sum, [name, each]) => sum + name.length + each.length, 0);
  return key.length + (value?.length ?? 0) + ofHeaders;
}
