/** A topic that is only written to. */
import { ConfigurationError } from '../../lib/configurationError.js';
import type { OutgoingRecord, QueueTarget, QueueTargetType } from '../queue.js';
import { TopicRefused, type KafkaClient } from './client.js';
import { producedOf, requestsOf } from './requests.js';
import { connectionOf, kafkaTargetSchema, placesOf, type KafkaTargetSettings } from './settings.js';

export const kafkaTarget: QueueTargetType<KafkaTargetSettings> = {
  schema: kafkaTargetSchema,
  describe: ({ topic }) => `the topic ${topic}`,
  places: ({ brokers, topic }) => placesOf(brokers, topic),
  create: async (settings, { log }) => {
    const connection = connectionOf(settings);
    const { KafkajsClient } = await import('./kafkajsClient.js');
    return new KafkaTarget(new KafkajsClient(connection, log), settings.topic);
  },
};

export class KafkaTarget implements QueueTarget {
  readonly #client: KafkaClient;
  readonly #topic: string;

  constructor(client: KafkaClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    try {
      // One after the other, since they have an order.
      for (const request of requestsOf(records.map(producedOf))) {
        await this.#client.produce(this.#topic, request);
      }
    } catch (cause) {
      if (!(cause instanceof TopicRefused)) throw cause;
      const fault =
        cause.why === 'missing'
          ? missingTopic(this.#topic)
          : `This user may not write to the topic ${this.#topic}: give it the right to write and to describe it.`;
      throw new ConfigurationError(fault, { cause });
    }
  }

  async sendFault(): Promise<string | undefined> {
    const partitions = await this.#client.partitionsOf(this.#topic);
    return partitions === undefined ? missingTopic(this.#topic) : undefined;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

export function missingTopic(topic: string): string {
  return `Kafka has no topic ${topic}: create it, or give this user the right to see it.`;
}
