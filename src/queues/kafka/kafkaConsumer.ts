/** Consumes one topic as a member of its group, and joins again whenever the membership ends. */
import type { Logger } from 'pino';
import { pauseFor, withinTime } from '../../lib/deadline.js';
import type { DeadLetterReason, HandleRecord, QueueConsumer, QueueRecord } from '../queue.js';
import type { KafkaBatch, KafkaClient, KafkaMessage, Offsets, Subscription } from './client.js';
import { identityOf } from './deadLetterHeaders.js';
import { PartitionOffsets } from './partitionOffsets.js';
import { sentAtOf } from './sentAt.js';

/** What is settled and not committed is handled again after a kill, which only takes time. */
const COMMIT_EVERY_MS = 500;

/** Pauses between two tries to join, doubled each time. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** Bytes of all records in hand; beyond, fetching pauses. */
const MOST_BYTES_IN_HAND = 32 * 1024 * 1024;

/** Records of a partition behind one that stays unsettled. Beyond, nothing more is fetched of this partition: a restart has them all again. */
const MOST_UNCOMMITTED = 50_000;

/** Shorter than `CONSUMER_STOP_MS` by what the farewell takes. */
const FINISH_WITHIN_MS = 6_500;
const COMMIT_AT_STOP_MS = 2_000;

export interface KafkaConsumerOptions {
  client: Pick<KafkaClient, 'subscribe'>;
  topic: string;
  group: string;
  mostInHand: number;
  /** By default `MOST_UNCOMMITTED`. */
  mostUncommitted?: number;
  handle: HandleRecord;
  moveToDeadLetters: (
    partition: number,
    message: KafkaMessage,
    reason: DeadLetterReason,
  ) => Promise<void>;
  log: Logger;
}

/** A partition since it was assigned. */
interface Assigned {
  offsets: PartitionOffsets;
  revoked: AbortController;
}

export class KafkaConsumer implements QueueConsumer {
  readonly #options: KafkaConsumerOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  readonly #begun = new Set<Promise<unknown>>();
  #assigned = new Map<number, Assigned>();
  #subscription: Subscription | undefined;
  #isPaused = false;
  #isFull = false;
  #bytesInHand = 0;
  #fault: string | undefined = 'It has not joined its group yet.';

  constructor(options: KafkaConsumerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** The partitions of this member, and where the group stands at them as far as it is known. */
  get partitions(): readonly number[] {
    return [...this.#assigned.keys()];
  }

  pause(): void {
    this.#isPaused = true;
    this.#applyPause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#applyPause();
  }

  fault(): string | undefined {
    return this.#fault;
  }

  async stop(): Promise<void> {
    this.#revokeAll('The consumer stops.', { forget: false });
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#stopping;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const startedAt = performance.now();
      try {
        await this.#consumeOnce();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#fault = `Kafka can’t be consumed: ${(error as Error).message}.`;
        log.error({ err: error }, 'The Kafka consumer has failed; a new one is made');
      }
      if (performance.now() - startedAt > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
      await pauseFor(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Resolves when the process stops; rejects when the membership has ended by itself. */
  async #consumeOnce(): Promise<void> {
    const { client, group, topic } = this.#options;
    const subscription = await client.subscribe({
      topic,
      group,
      onAssigned: (partitions) => this.#assign(partitions),
      onBatch: (batch) => this.#take(batch),
      signal: this.#stopping.signal,
    });
    this.#subscription = subscription;
    this.#applyPause();
    const committing = new AbortController();
    const commits = this.#commitRegularly(subscription, committing.signal);
    const stopped = new Promise<undefined>((resolve) => {
      if (this.#stopping.signal.aborted) resolve(undefined);
      this.#stopping.signal.addEventListener('abort', () => resolve(undefined));
    });
    try {
      const failure = await Promise.race([subscription.failed, stopped]);
      if (failure) throw failure;
      await this.#finish();
    } finally {
      committing.abort();
      await commits;
      if (this.#stopping.signal.aborted) await this.#commitAtStop(subscription);
      this.#revokeAll('The membership in the group has ended.');
      this.#subscription = undefined;
      await subscription.stop();
    }
  }

  #assign(partitions: readonly number[]): void {
    this.#revokeAll('The group has shared its partitions anew.');
    this.#assigned = new Map(
      partitions.map((partition) => [
        partition,
        { offsets: new PartitionOffsets(), revoked: new AbortController() },
      ]),
    );
    this.#fault = undefined;
    this.#options.log.info({ partitions }, 'The Kafka consumer has joined its group');
    this.#applyPause();
  }

  #revokeAll(reason: string, { forget = true } = {}): void {
    for (const { revoked } of this.#assigned.values()) revoked.abort(new Error(reason));
    if (forget) this.#assigned = new Map();
  }

  #take({ lastOffset, messages, partition }: KafkaBatch): void {
    const assigned = this.#assigned.get(partition);
    if (!assigned || this.#stopping.signal.aborted) return;
    const { offsets, revoked } = assigned;
    // Markers of transactions are settled by themselves, once all before them is.
    if (messages.length === 0) offsets.add(lastOffset + 1n)();
    messages.forEach((message, index) => {
      const isLast = index === messages.length - 1;
      const settle = offsets.add((isLast ? lastOffset : message.offset) + 1n);
      const size = message.value?.length ?? 0;
      this.#bytesInHand += size;
      const handled = this.#options
        .handle(this.#recordOf(partition, message), revoked.signal)
        .then((outcome) => {
          if (outcome === 'settled') settle();
          this.#bytesInHand -= size;
          this.#begun.delete(handled);
          this.#applyPause();
        });
      this.#begun.add(handled);
    });
    this.#applyPause();
  }

  #recordOf(partition: number, message: KafkaMessage): QueueRecord {
    const { moveToDeadLetters, topic } = this.#options;
    return {
      id: identityOf(topic, partition, message),
      orderedBy: message.key?.toString('latin1'),
      headers: headersOf(message),
      body: message.value ?? Buffer.alloc(0),
      isTombstone: message.value === undefined && message.unreadable === undefined,
      unreadable: message.unreadable,
      sentAt: sentAtOf(message),
      moveToDeadLetters: (reason) => moveToDeadLetters(partition, message, reason),
    };
  }

  /** A full hand is emptied by half before more is taken, so that the client isn't stopped and started all the time. */
  #applyPause(): void {
    const { mostInHand } = this.#options;
    const share = this.#isFull ? 0.5 : 1;
    this.#isFull =
      this.#begun.size >= mostInHand * share || this.#bytesInHand >= MOST_BYTES_IN_HAND * share;
    const partitions = this.partitions;
    if (!this.#subscription || partitions.length === 0) return;
    if (this.#isPaused || this.#isFull) {
      this.#subscription.pause(partitions);
      return;
    }
    const { mostUncommitted = MOST_UNCOMMITTED } = this.#options;
    const isFar = (partition: number) =>
      (this.#assigned.get(partition)?.offsets.waiting ?? 0) >= mostUncommitted;
    const far = partitions.filter(isFar);
    if (far.length > 0) this.#subscription.pause(far);
    this.#subscription.resume(partitions.filter((partition) => !far.includes(partition)));
  }

  async #commitRegularly(subscription: Subscription, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pauseFor(COMMIT_EVERY_MS, signal);
      await this.#commit(subscription);
    }
  }

  async #commit(subscription: Subscription): Promise<void> {
    const assigned = this.#assigned;
    const offsets: Offsets = new Map(
      [...assigned].flatMap(([partition, each]): [number, bigint][] => {
        const offset = each.offsets.uncommitted();
        return offset === undefined ? [] : [[partition, offset]];
      }),
    );
    if (offsets.size === 0) return;
    try {
      await subscription.commit(offsets);
      for (const [partition, offset] of offsets) assigned.get(partition)?.offsets.committed(offset);
    } catch (error) {
      // Tried again with the next commit. After a rebalance the records come again, and are duplicates.
      this.#options.log.debug({ err: error }, 'The offsets could not be committed');
    }
  }

  /** What has begun ends; what hasn't, was revoked. */
  async #finish(): Promise<void> {
    const late = () => new Error('Records that had begun are not settled yet.');
    await withinTime(Promise.allSettled(this.#begun), FINISH_WITHIN_MS, { late }).catch(
      (error: unknown) => {
        this.#options.log.warn({ err: error }, 'They come again at the next start');
      },
    );
  }

  async #commitAtStop(subscription: Subscription): Promise<void> {
    const late = () => new Error('The last offsets were not committed in time.');
    await withinTime(this.#commit(subscription), COMMIT_AT_STOP_MS, { late }).catch(
      (error: unknown) => {
        this.#options.log.warn({ err: error }, 'Records that are settled come again as duplicates');
      },
    );
  }
}

function headersOf({ headers }: KafkaMessage): Record<string, string | undefined> {
  const byName = new Map<string, string>();
  for (const [given, bytes] of headers) {
    const name = given.toLowerCase();
    const before = byName.get(name);
    const value = bytes.toString('utf8');
    byName.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(byName);
}
