/** Of an inner part of the library that has no types: what tests use of it. */
declare module 'kafkajs/src/consumer/batch.js' {
  import type { KafkaMessage } from 'kafkajs';
  /** What was fetched of one partition. */
  class Batch {
    constructor(topic: string, fetchedOffset: string, partition: object);
    readonly messages: KafkaMessage[];
    isEmpty(): boolean;
    isEmptyDueToFiltering(): boolean;
    lastOffset(): string;
  }
  export = Batch;
}
