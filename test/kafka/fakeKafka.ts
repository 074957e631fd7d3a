/** Topics in memory, with the limits and rights of a broker, behind the contract of a Kafka client. Without groups' members. */
import {
  TopicRefused,
  type KafkaClient,
  type KafkaMessage,
  type Offsets,
  type ProducedMessage,
} from '../../src/queues/kafka/client.js';
import { sizeOf } from '../../src/queues/kafka/requests.js';
import { RecordTooLarge } from '../../src/queues/queue.js';

interface Topic {
  messages: KafkaMessage[];
  first: bigint;
  mostBytes: number;
}

/** Each topic has one partition. */
export class FakeKafka implements KafkaClient {
  readonly #topics = new Map<string, Topic>();
  readonly #committed = new Map<string, { offset: bigint; at: number }>();
  /** It forgets committed offsets after it: all groups are without members. */
  offsetsRetentionMs = Infinity;
  /** Answers the next attempts to set offsets. */
  failSetCommitted: () => Error | undefined = () => undefined;
  readonly forbidden = new Set<string>();
  mayCreate = true;
  /** The topics that were read, with the first and the last offset. */
  readonly reads: string[] = [];

  constructor(topics: Record<string, { mostBytes?: number }>) {
    for (const [name, { mostBytes = Infinity }] of Object.entries(topics)) {
      this.#topics.set(name, { messages: [], first: 0n, mostBytes });
    }
  }

  messages(topic: string): KafkaMessage[] {
    return this.#topic(topic).messages;
  }

  /** As retention does. */
  removeBefore(topic: string, offset: bigint): void {
    const found = this.#topic(topic);
    found.messages = found.messages.filter((each) => each.offset >= offset);
    found.first = offset;
  }

  limit(topic: string, mostBytes: number): void {
    this.#topic(topic).mostBytes = mostBytes;
  }

  #topic(name: string): Topic {
    if (this.forbidden.has(name)) throw new TopicRefused(name, 'forbidden');
    const topic = this.#topics.get(name);
    if (!topic) throw new TopicRefused(name, 'missing');
    return topic;
  }

  #end({ first, messages }: Topic): bigint {
    return (messages.at(-1)?.offset ?? first - 1n) + 1n;
  }

  async produce(name: string, messages: readonly ProducedMessage[]): Promise<void> {
    await Promise.resolve();
    const topic = this.#topic(name);
    if (messages.some((each) => sizeOf(each) > topic.mostBytes))
      throw new RecordTooLarge(undefined);
    for (const { headers, key, value } of messages) {
      topic.messages.push({
        offset: this.#end(topic),
        key: key === undefined ? undefined : Buffer.from(key),
        value,
        headers: headers.map(([each, text]) => [each, Buffer.from(text)]),
        timestampMs: 1_700_000_000_000,
      });
    }
  }

  createTopic(name: string, { onlyAsk = false } = {}): Promise<void> {
    if (!this.mayCreate) return Promise.reject(new TopicRefused(name, 'forbidden'));
    if (!onlyAsk) this.#topics.set(name, { messages: [], first: 0n, mostBytes: Infinity });
    return Promise.resolve();
  }

  partitionsOf(name: string): Promise<number | undefined> {
    return Promise.resolve(this.#topics.has(name) ? 1 : undefined);
  }

  async range(name: string): ReturnType<KafkaClient['range']> {
    await Promise.resolve();
    const topic = this.#topic(name);
    return [{ partition: 0, first: topic.first, end: this.#end(topic) }];
  }

  committed(group: string): Promise<Offsets> {
    const found = this.#committed.get(group);
    const isKept = found && Date.now() - found.at < this.offsetsRetentionMs;
    return Promise.resolve(new Map(isKept ? [[0, found.offset]] : []));
  }

  setCommitted(group: string, _topic: string, offsets: Offsets): Promise<void> {
    const failure = this.failSetCommitted();
    if (failure) return Promise.reject(failure);
    this.#committed.set(group, { offset: offsets.get(0) ?? 0n, at: Date.now() });
    return Promise.resolve();
  }

  async read(
    name: string,
    { from, to }: { from: Offsets; to: Offsets },
    onMessage: (partition: number, message: KafkaMessage) => void,
  ): Promise<void> {
    await Promise.resolve();
    const [first, end] = [from.get(0) ?? 0n, to.get(0) ?? 0n];
    this.reads.push(`${name} ${first}-${end}`);
    for (const message of this.#topic(name).messages) {
      if (message.offset >= first && message.offset < end) onMessage(0, message);
    }
  }

  /** The fake has no members of groups: it never becomes one. */
  subscribe(): Promise<never> {
    return new Promise(() => undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
