/**
 * What is needed of a Kafka client library. `kafkajsClient.ts` implements it. Only this file, and those that correct the library,
 * know it, so that another one can take its place.
 */

export interface KafkaMessage {
  /** A number of 64 bits. */
  offset: bigint;
  key: Buffer | undefined;
  value: Buffer | undefined;
  /** Why only its offset is known: the batch that it is in can't be decompressed. */
  unreadable?: string | undefined;
  /** In the order in which they were set; a name may come several times. */
  headers: [name: string, value: Buffer][];
  /** As the broker has it: a part of the record's identity. Any number, and −1 where the producer set no time. */
  timestampMs: number;
}

export interface KafkaBatch {
  partition: number;
  messages: KafkaMessage[];
  /** Of the last offset that the batch covers, which may be a marker of a transaction and no message. */
  lastOffset: bigint;
}

export interface ProducedMessage {
  key?: Buffer | string | undefined;
  value: Buffer | undefined;
  headers: [name: string, value: Buffer | string][];
}

/** A topic that takes nothing until somebody has changed the broker's settings. */
export class TopicRefused extends Error {
  override readonly name = 'TopicRefused';
  /** `missing` also where this user may not see it. */
  readonly why: 'missing' | 'forbidden';

  constructor(topic: string, why: 'missing' | 'forbidden', options?: ErrorOptions) {
    const says = why === 'missing' ? 'There is no topic' : 'This user may not use the topic';
    super(`${says} ${topic}`, options);
    this.why = why;
  }
}

/** By partition: of the next message to be handled. */
export type Offsets = Map<number, bigint>;

export interface SubscriptionOptions {
  topic: string;
  group: string;
  /**
   * Is called with one batch of a partition after the other. Must not take long: fetching waits for it. A batch may have no
   * message, as one of markers of transactions.
   */
  onBatch: (batch: KafkaBatch) => void;
  /** All partitions of this member, from now on. What was read before and isn't committed comes again. */
  onAssigned: (partitions: number[]) => void;
  /** Ends the attempt to become a member, which may wait for other members: of one that was killed, the group learns late. */
  signal: AbortSignal;
}

/** Membership in a consumer group. Heartbeats go on, whether or not anything is fetched. */
export interface Subscription {
  /** Nothing is fetched from these partitions until `resume`. */
  pause(partitions: readonly number[]): void;
  resume(partitions: readonly number[]): void;
  /** Resolves when the group has stored them, rejects where it didn't, as after a rebalance. */
  commit(offsets: Offsets): Promise<void>;
  /** Leaves the group and closes the connections. Never rejects. */
  stop(): Promise<void>;
  /** Resolves with the reason when the membership has ended by itself: a new one is needed. */
  failed: Promise<Error>;
}

export interface KafkaClient {
  subscribe(options: SubscriptionOptions): Promise<Subscription>;
  /**
   * Resolves when all replicas that are in sync have the messages.
   *
   * @throws RecordTooLarge, TopicRefused
   */
  produce(topic: string, messages: readonly ProducedMessage[]): Promise<void>;
  /**
   * Creates a topic of one partition, with as many replicas as the broker sets up, which keeps its messages until somebody limits
   * that. Resolves also where it exists.
   *
   * @param options.onlyAsk creates nothing, and rejects where it would not be created
   * @throws TopicRefused where this user may not
   */
  createTopic(topic: string, options?: { onlyAsk?: boolean }): Promise<void>;
  /** The number of partitions; undefined for a topic that doesn't exist. */
  partitionsOf(topic: string): Promise<number | undefined>;
  /** The first offset that is kept, and the one after the last. */
  range(topic: string): Promise<{ partition: number; first: bigint; end: bigint }[]>;
  /** Of a group; partitions for which it has none are left out. */
  committed(group: string, topic: string): Promise<Offsets>;
  /** Sets the offsets of a group that has no members. */
  setCommitted(group: string, topic: string, offsets: Offsets): Promise<void>;
  /** All messages of a topic between these offsets, `from` included and `to` not, in the order of each partition. */
  read(
    topic: string,
    between: { from: Offsets; to: Offsets },
    onMessage: (partition: number, message: KafkaMessage) => void,
    readerGroup: string,
  ): Promise<void>;
  close(): Promise<void>;
}
