/** From the records of one queue to messages: each is removed from the queue once Temporal has it, or the dead letters do. */
import { pauseFor } from '../lib/deadline.js';
import type { Logger } from 'pino';
import type { ReceptionContext } from '../api/apiContext.js';
import { Problem } from '../api/problem.js';
import { problemOf } from '../api/problemOf.js';
import type { ProblemType } from '../api/schema/problemTypes.js';
import type { ConfiguredQueue } from '../config/queues.js';
import type { DeadLetterReason, Queue, QueueConsumer, QueueRecord } from '../queues/queue.js';
import type { Message } from '../domain/message.js';
import { AgainLater } from '../sources/source.js';
import { isTemporalFailure } from '../temporal/temporalFailure.js';
import { acknowledgeRefusal } from './acknowledgeRefusal.js';
import type { DeadLetterNotices } from './deadLetterNotices.js';
import { Lanes } from './lanes.js';
import { readRecord, SourceMissing, type Outcome } from './readRecord.js';
import { withRecordSpan } from './recordSpan.js';
import { TemporalGate } from './temporalGate.js';

/** What says that Temporal accepts nothing at this time, and not that a record is wrong. */
const AWAY: readonly ProblemType[] = [
  'temporal_unavailable',
  'temporal_refused',
  'namespace_not_found',
  'namespace_incomplete',
  'overloaded',
];

/** Pauses between two tries to write a dead letter, doubled each time. */
const DEAD_LETTER_AGAIN_MS = 2_000;
const LONGEST_DEAD_LETTER_PAUSE_MS = 30_000;

export interface ConsumedQueue {
  readonly name: string;
  /** Why nothing is taken from the queue at this time; undefined if all is well. */
  fault(): string | undefined;
  stop(): Promise<void>;
}

/** Consumes the queue until it is stopped. Nothing that happens to one record ends it. */
export function consumeQueue(
  configured: ConfiguredQueue,
  queue: Queue,
  context: ReceptionContext,
  notices: Pick<DeadLetterNotices, 'add'>,
): ConsumedQueue {
  const consumption = new Consumption(configured, context, notices);
  const consumer = queue.consume((record, revoked) => consumption.handle(record, revoked));
  consumption.attach(consumer);
  return {
    name: configured.name,
    fault: () => consumption.fault() ?? consumer.fault(),
    stop: () => consumer.stop(),
  };
}

class Consumption {
  readonly #configured: ConfiguredQueue;
  readonly #context: ReceptionContext;
  readonly #notices: Pick<DeadLetterNotices, 'add'>;
  readonly #log: Logger;
  readonly #lanes = new Lanes();
  readonly #gate: TemporalGate;
  #consumer: QueueConsumer | undefined;
  #temporalFault: string | undefined;
  /** By the record that can't be moved to the dead letters: why. */
  readonly #unmoved = new Map<QueueRecord, string>();
  /** Until the process ends: what comes after the record in its partition is not removed from the queue. */
  #fault: string | undefined;

  constructor(
    configured: ConfiguredQueue,
    context: ReceptionContext,
    notices: Pick<DeadLetterNotices, 'add'>,
  ) {
    this.#configured = configured;
    this.#context = context;
    this.#notices = notices;
    this.#log = context.log.child({ queue: configured.name });
    this.#gate = new TemporalGate({
      inFlight: configured.inFlight,
      isAway,
      onChange: ({ error, isOpen }) => this.#temporalChanged(isOpen, error),
    });
  }

  attach(consumer: QueueConsumer): void {
    this.#consumer = consumer;
    if (!this.#gate.isOpen) consumer.pause();
  }

  fault(): string | undefined {
    return this.#fault ?? this.#deadLetterFault() ?? this.#temporalFault;
  }

  async handle(record: QueueRecord, revoked: AbortSignal): Promise<'settled' | 'kept'> {
    try {
      return await this.#handleInOrder(record, revoked);
    } catch (error) {
      if (!revoked.aborted) {
        this.#fault = `sendproof failed to handle the record ${record.id}, which is a fault in sendproof. Restart the process: the log has the error.`;
        this.#log.error({ err: error, record: record.id }, 'A record could not be handled');
      }
      return 'kept';
    }
  }

  #deadLetterFault(): string | undefined {
    const [why] = this.#unmoved.values();
    if (why === undefined) return undefined;
    const count = this.#unmoved.size;
    const subject = count === 1 ? 'A record' : `${count} records`;
    return `${subject} can’t be moved to the dead letters: ${why}. Nothing after ${count === 1 ? 'it' : 'them'} in the same partition is removed from the queue until then.`;
  }

  async #handleInOrder(record: QueueRecord, revoked: AbortSignal): Promise<'settled'> {
    const { metrics } = this.#context;
    if (record.isTombstone) {
      this.#log.debug({ record: record.id }, 'A record without a value was skipped');
      metrics.queueRecords.inc({ queue: this.#configured.name, outcome: 'tombstone' });
      return 'settled';
    }
    if (record.unreadable !== undefined) {
      await this.#bury(record, { reason: UNREADABLE, detail: record.unreadable }, revoked);
      this.#moved(record, { reason: UNREADABLE });
      metrics.queueRecords.inc({ queue: this.#configured.name, outcome: 'refused' });
      return 'settled';
    }
    let lanes: string[] = [];
    let accept: (traceId: string) => Promise<Outcome>;
    let message: Message | undefined;
    let traceId = '';
    try {
      const { configuration } = this.#context;
      const read = readRecord(record, this.#configured, configuration.sources);
      ({ lanes, message } = read);
      accept = (id) => {
        traceId = id;
        return read.accept(this.#context, id);
      };
    } catch (error) {
      // It takes its turn all the same, so that dead letters come in the order of the queue.
      accept = () => Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    return await this.#lanes.run(lanes, async () => {
      revoked.throwIfAborted();
      const work = untilDoubtful(() => withRecordSpan(record, this.#configured, accept));
      const result = await this.#gate.run(work, revoked).catch((error: unknown) => {
        if (revoked.aborted && error === revoked.reason) throw error;
        return { outcome: 'refused' as const, problem: deadLetterProblem(error) };
      });
      if (result.outcome === 'refused') {
        const { problem } = result;
        const { message: detail, type } = problem;
        await this.#bury(record, { reason: type, detail }, revoked);
        this.#refused(record, problem);
        if (message) await this.#acknowledge(record, { message, problem, traceId }, revoked);
      } else if (result.outcome === 'unusable') {
        await this.#bury(record, { reason: 'unusable', detail: result.detail }, revoked);
      }
      metrics.queueRecords.inc({ queue: this.#configured.name, outcome: result.outcome });
      return 'settled' as const;
    });
  }

  /** Until the queue has it, or the record is revoked: what is nowhere else must not be removed. */
  async #bury(record: QueueRecord, reason: DeadLetterReason, revoked: AbortSignal): Promise<void> {
    let pauseMs = DEAD_LETTER_AGAIN_MS;
    try {
      for (;;) {
        revoked.throwIfAborted();
        try {
          await record.moveToDeadLetters(reason);
          return;
        } catch (error) {
          this.#unmoved.set(record, (error as Error).message);
          this.#log.error({ err: error, record: record.id }, this.#deadLetterFault());
          await pauseFor(pauseMs, revoked);
          pauseMs = Math.min(pauseMs * 2, LONGEST_DEAD_LETTER_PAUSE_MS);
        }
      }
    } finally {
      this.#unmoved.delete(record);
    }
  }

  /** What fails to be acknowledged is among the dead letters all the same. */
  async #acknowledge(
    { id: record }: QueueRecord,
    refusal: { message: Message; problem: Problem; traceId: string },
    revoked: AbortSignal,
  ): Promise<void> {
    const work = () => acknowledgeRefusal(this.#context, { ...refusal, record });
    await this.#gate.run(work, revoked).catch((error: unknown) => {
      if (revoked.aborted && error === revoked.reason) throw error;
      this.#log.error({ err: error, record }, 'The refusal of a message can’t be acknowledged');
    });
  }

  #refused(record: QueueRecord, problem: Problem): void {
    const { errors = [], type } = problem;
    this.#moved(record, {
      reason: type,
      fields: errors.map(({ field }) => field),
      ...(type === 'internal_error' && { err: problem.cause ?? problem }),
    });
  }

  /** @param line without the detail, which may quote the record */
  #moved(
    { id: record }: QueueRecord,
    { reason, ...line }: { reason: string; fields?: string[]; err?: unknown },
  ): void {
    const queue = this.#configured.name;
    this.#context.metrics.queueDeadLetters.inc({ queue, reason });
    const level = line.err === undefined ? 'warn' : 'error';
    this.#log[level]({ record, reason, ...line }, MOVED);
    this.#notices.add({ queue, reason });
  }

  #temporalChanged(isOpen: boolean, error: unknown): void {
    if (isOpen) {
      this.#temporalFault = undefined;
      this.#log.info('Temporal accepts messages again: the queue is consumed');
      this.#consumer?.resume();
      return;
    }
    this.#temporalFault =
      error instanceof ServerFault ? `${error.message}: see its log.` : problemOf(error).message;
    this.#log.warn({ err: error }, 'Temporal accepts nothing: the queue waits');
    this.#consumer?.pause();
  }
}

/** As `DeadLetterReason` has it. */
const UNREADABLE = 'unreadable';

const MOVED = 'A record can’t be accepted, and was moved to the dead letters';

function isAway(error: unknown): boolean {
  return error instanceof ServerFault || AWAY.includes(problemOf(error).type);
}

/**
 * Temporal failed in a way that tells nothing of the cause. That passes, as a rule; but where it is the record's own, the queue
 * must not wait for it for ever.
 */
class ServerFault extends Error {
  override readonly name = 'ServerFault';
}

/** What a failed call to Temporal becomes whose status tells nothing. */
const DOUBTFUL: readonly ProblemType[] = ['internal_error', 'not_accepted', 'not_found'];

/** With the pauses of the gate about a minute and a half. */
const TRIES_OF_A_SERVER_FAULT = 20;

/** The work, which rejects with a `ServerFault` where it is to be tried again, and in the end with the error itself. */
function untilDoubtful<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let tries = 0;
  return async () => {
    try {
      return await work();
    } catch (error) {
      if (!DOUBTFUL.includes(problemOf(error).type) || !isTemporalFailure(error)) throw error;
      tries += 1;
      if (tries >= TRIES_OF_A_SERVER_FAULT) throw error;
      throw new ServerFault('Temporal has an internal error', { cause: error });
    }
  };
}

/** What a source can't do now, as to confirm a subscription, holds up no other record: its dead letter can be replayed. */
function deadLetterProblem(error: unknown): Problem {
  return error instanceof SourceMissing || error instanceof AgainLater
    ? new Problem('not_accepted', error.message, { cause: error })
    : problemOf(error);
}
