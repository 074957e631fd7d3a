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
import { pauseFor } from '../../lib/deadline.js';
import type { KafkaClient } from './client.js';
import { DeadLetterTopic } from './deadLetterTopic.js';
import { KafkaConsumer } from './kafkaConsumer.js';
import { kafkaTarget, missingTopic } from './kafkaTarget.js';
import { producedOf, requestsOf } from './requests.js';
import {
  connectionOf,
  deadLetterTopic,
  kafkaSchema,
  placesOf,
  type KafkaSettings,
} from './settings.js';

/** Brokers keep the offsets of a group without members for a day at least, where nobody has changed their settings. */
const RENEW_REPLAYED_MS = 12 * 60 * 60 * 1_000;
/** After a failure, as where another process does the same. */
const RENEW_AGAIN_MS = 10 * 60 * 1_000;
/** So long after the start at most: processes that start together don't all renew at the same moment. */
const FIRST_RENEWAL_WITHIN_MS = 60_000;

export const kafka: QueueType<KafkaSettings> = {
  name: 'kafka',
  schema: kafkaSchema,
  namesDeadLetters: true,
  // Its members share the partitions of one topic among them: with two topics, each would be given what it doesn't read.
  claims: ({ group }) => `the consumer group ${group}`,
  describe: ({ topic }) => `the topic ${topic}`,
  places: (settings, deadLetter) =>
    [settings.topic, deadLetterTopic(settings, deadLetter)].flatMap((topic) =>
      placesOf(settings.brokers, topic),
    ),
  create: async (settings, deadLetter, context) => {
    const connection = connectionOf(settings);
    const { KafkajsClient } = await import('./kafkajsClient.js');
    const client = new KafkajsClient(connection, context.log);
    return new KafkaQueue(client, settings, deadLetterTopic(settings, deadLetter), context);
  },
  target: kafkaTarget,
};

export class KafkaQueue implements Queue {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #group: string;
  readonly #deadLetters: DeadLetterTopic;
  readonly #context: QueueContext;
  #consumer: KafkaConsumer | undefined;
  readonly #closed = new AbortController();

  constructor(
    client: KafkaClient,
    { group, topic }: Pick<KafkaSettings, 'group' | 'topic'>,
    deadLetterTopic: string,
    context: QueueContext,
  ) {
    this.#client = client;
    this.#topic = topic;
    this.#group = group;
    this.#context = context;
    this.#deadLetters = new DeadLetterTopic({
      client,
      topic: deadLetterTopic,
      origin: topic,
      replayGroup: `${group}.replayed`,
      log: context.log,
    });
  }

  consume(handle: HandleRecord): QueueConsumer {
    const { log, mostInHand } = this.#context;
    this.#consumer = new KafkaConsumer({
      client: this.#client,
      topic: this.#topic,
      group: this.#group,
      mostInHand,
      handle,
      moveToDeadLetters: (partition, message, reason) =>
        this.#deadLetters.add(partition, message, reason),
      log,
    });
    void this.#keepReplayed();
    return this.#consumer;
  }

  /** Until the queue is closed. Never rejects. */
  async #keepReplayed(): Promise<void> {
    const { signal } = this.#closed;
    let pauseMs = Math.random() * FIRST_RENEWAL_WITHIN_MS;
    for (;;) {
      await pauseFor(pauseMs, signal);
      if (signal.aborted) return;
      try {
        await this.#deadLetters.renewReplayed();
        pauseMs = RENEW_REPLAYED_MS;
      } catch (error) {
        this.#context.log.warn({ err: error }, 'What was replayed can’t be stored again now');
        pauseMs = RENEW_AGAIN_MS;
      }
    }
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    // One after the other, since they have an order.
    for (const request of requestsOf(records.map(producedOf))) {
      await this.#client.produce(this.#topic, request);
    }
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

  async sendFault(): Promise<string | undefined> {
    const partitions = await this.#client.partitionsOf(this.#topic);
    return partitions === undefined ? missingTopic(this.#topic) : undefined;
  }

  async faults(): Promise<string[]> {
    const found = [await this.sendFault(), await this.#deadLetters.fault()];
    return found.filter((fault) => fault !== undefined);
  }

  async deadLetters(atMost: number): Promise<DeadLetterRecord[]> {
    return await this.#deadLetters.list(atMost);
  }

  async countDeadLetters(): Promise<number> {
    return await this.#deadLetters.count();
  }

  async replayDeadLetters(): Promise<number> {
    return await this.#deadLetters.replay();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#client.close();
  }
}
