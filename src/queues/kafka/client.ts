/**
 * What is needed of a Kafka client library. `kafkajsClient.ts` implements it and is the only file that knows the library, so that
 * another one can take its place.
 */

export interface KafkaMessage {
  /** A number of 64 bits. */
  offset: bigint;
  key: Buffer | undefined;
  value: Buffer | undefined;
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

/** By partition: of the next message to be handled. */
export type Offsets = Map<number, bigint>;

export interface SubscriptionOptions {
  topic: string;
  group: string;
  /** Is called with one batch of a partition after the other. Must not take long: fetching waits for it. */
  onBatch: (batch: KafkaBatch) => void;
  /** All partitions of this member, from now on. What was read before and isn't committed comes again. */
  onAssigned: (partitions: number[]) => void;
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
  /** Resolves when all replicas that are in sync have the messages. */
  produce(topic: string, messages: readonly ProducedMessage[]): Promise<void>;
  /** The numbers of partitions; undefined for a topic that doesn't exist. */
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
