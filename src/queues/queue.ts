/**
 * The contract between sendproof and a message queue. Each kind of queue implements it in a folder of its own; `registry.ts` lists
 * them. A queue knows nothing of messages, of Temporal and of the API: it hands records over, and removes each of them only when
 * it is told to.
 */
import type { Logger } from 'pino';
import type { z } from 'zod';

/** A record of a queue, as it came. */
export interface QueueRecord {
  /**
   * Where it is in the queue, the same for each redelivery and different for every other record: the key of a message that has
   * none. Visible characters without spaces, at most 400.
   */
  readonly id: string;
  /** Records with the same value are handled one after the other. Undefined where the queue promises no order. */
  readonly orderedBy: string | undefined;
  /** Lower-case names. Several values of one header are joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Whether it has no value: where a queue is compacted, it says that its key has no record any more. It asks for nothing. */
  readonly isTombstone?: boolean;
  /** Why its content can't be read, for people. It can only become a dead letter. */
  readonly unreadable?: string | undefined;
  /** When the record was sent to the queue. */
  readonly sentAt: Date;
  /**
   * Writes the record as it came, with the reason and its origin, to where dead letters are kept. Resolves when the queue has stored
   * it. Where it didn't, rejects with an error that names the remedy, if that is known.
   */
  moveToDeadLetters(reason: DeadLetterReason): Promise<void>;
}

/** Why a record can't be accepted. */
export interface DeadLetterReason {
  /** From a closed list: `invalid_request`, `malformed_json` and so on. */
  reason: string;
  /** For people, with the field and the remedy. It may quote the record. */
  detail: string;
}

/**
 * Handles a record. Never rejects. `settled`: the record is accepted or among the dead letters, so the queue may remove it. `kept`:
 * the handling was given up, since the record was revoked; the queue must deliver it again.
 *
 * @param revoked aborted when somebody else may have the record now, or when the process stops: what has not begun, doesn't begin
 */
export type HandleRecord = (
  record: QueueRecord,
  revoked: AbortSignal,
) => Promise<'settled' | 'kept'>;

/** A consumer of one queue. It recovers by itself: a client that fails for good is made anew. */
export interface QueueConsumer {
  /** Takes nothing more from the queue until `resume`. What is in hand stays there, and stays reserved for this consumer. */
  pause(): void;
  resume(): void;
  /** Why nothing can be consumed at this time, with the remedy; undefined if records can be consumed. */
  fault(): string | undefined;
  /**
   * Takes nothing more, waits for the records that have begun, tells the queue which are settled, and leaves. Resolves in any case
   * after `CONSUMER_STOP_MS`.
   */
  stop(): Promise<void>;
}

/** The longest time that a consumer takes to stop: one attempt at Temporal, and the farewell to the queue. */
export const CONSUMER_STOP_MS = 12_000;

/** A record to be sent. */
export interface OutgoingRecord {
  /** The same when it is sent again: a queue that recognises repetitions (FIFO of SQS) drops those that come soon. */
  id?: string | undefined;
  /** Records with the same key keep their order, where the queue has one. */
  key?: string | undefined;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** A record has more bytes than its queue takes. */
export class RecordTooLarge extends Error {
  override readonly name = 'RecordTooLarge';
  readonly limitBytes: number | undefined;

  /** @param limitBytes that the queue takes, with all headers; undefined if that isn't known */
  constructor(limitBytes: number | undefined, options?: ErrorOptions) {
    const limit = limitBytes === undefined ? '' : `: it takes up to ${limitBytes} bytes`;
    super(`The record is too large for the queue${limit}`, options);
    this.limitBytes = limitBytes;
  }
}

/** How much of a queue has not been settled yet. */
export interface QueueLag {
  /** A part of the queue that has a count of its own, as a partition's number. Empty where there are none. */
  partition: string;
  records: number;
}

/** What a consuming process knows of a queue, for probes. */
export interface QueueState {
  name: string;
  /** Why nothing is taken from it at this time, with the remedy; undefined while it is consumed. */
  fault: string | undefined;
  /** Records that are not settled; undefined if that isn't known. */
  lag: number | undefined;
}

/** A record among the dead letters of a queue. */
export interface DeadLetterRecord extends DeadLetterReason {
  /** Where it is among the dead letters. */
  id: string;
  /** The id that it had in the queue. */
  origin: string;
  sentAt: Date;
  deadAt: Date;
  /** How often it was replayed before. */
  replays: number;
  sizeBytes: number;
}

/** One configured queue. Opens connections when they are needed. */
export interface Queue {
  /** Begins to consume. The queue may be away at this time. */
  consume(handle: HandleRecord): QueueConsumer;
  /** Resolves when the queue has stored all records durably, on all replicas that are in sync. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Rejects where the queue can't be asked. */
  lag(): Promise<QueueLag[]>;
  /** What keeps records from being sent, with the remedy; undefined if nothing does. Sends none. Rejects where the queue can't be asked. */
  sendFault(): Promise<string | undefined>;
  /** What keeps the queue from being used, with the remedy; empty if nothing does. Rejects where the queue can't be asked. */
  faults(): Promise<string[]>;
  /** The dead letters that were not replayed, the oldest first, at most so many. */
  deadLetters(atMost: number): Promise<DeadLetterRecord[]>;
  /** How many dead letters were not replayed, about. Changes nothing, and hides none from others. */
  countDeadLetters(): Promise<number>;
  /**
   * Sends the dead letters that are there now back to the queue, each as it came, and resolves with the number of those that were
   * sent. What can't be sent stays a dead letter, and says why. Where it is interrupted, some may be sent twice: they have the
   * same identity, so that the second is a duplicate.
   */
  replayDeadLetters(): Promise<number>;
  /** Closes all connections but those of consumers, which stop by themselves. */
  close(): Promise<void>;
}

/** A place that records are written to, and never read from. Opens connections when they are needed. */
export type QueueTarget = Pick<Queue, 'send' | 'sendFault' | 'close'>;

/** What a queue works with beside its own settings. */
export interface QueueContext {
  /** As in `queues:`. */
  name: string;
  log: Logger;
  /** Records that are in hand at most, begun or not, before the consumer takes a pause. */
  mostInHand: number;
}

/** One kind of queue as a target. */
export interface QueueTargetType<Settings = unknown> {
  /** Parses the value of the field that has the kind's name. */
  readonly schema: z.ZodType<Settings>;
  /** As of a queue. */
  describe(settings: Settings): string;
  /** Where its records go: equal to one of those of a queue that reads there. */
  places(settings: Settings): string[];
  /** Loads the client library, and makes the target. Connects to nothing. */
  create(settings: Settings, context: Pick<QueueContext, 'log'>): Promise<QueueTarget>;
}

/** One kind of queue. */
export interface QueueType<Settings = unknown> {
  /** The field of an entry of `queues:` that has its settings. */
  readonly name: string;
  /** Parses the value of that field. */
  readonly schema: z.ZodType<Settings>;
  /** Whether the entry's `deadLetter` names the place of its dead letters. Without, its own settings do. */
  readonly namesDeadLetters: boolean;
  /** What only one configured queue can have, as `the consumer group x`; by default nothing. */
  claims?(settings: Settings): string;
  /** Where its records are, for people, as `the topic messages`. Without secrets. */
  describe(settings: Settings): string;
  /** Where its records and its dead letters are: by all names that one of them may be configured with. */
  places(settings: Settings, deadLetter: string | undefined): string[];
  /** Loads the client library, and makes the queue. Connects to nothing. */
  create(settings: Settings, deadLetter: string | undefined, context: QueueContext): Promise<Queue>;
  /** The same kind where records are only written to it. */
  readonly target: QueueTargetType;
}
