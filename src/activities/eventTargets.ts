/** The targets of `events:` in one worker process: a client for each, and what protects the other work from one that is away. */
import type { Logger } from 'pino';
import { cloudEventBody, cloudEventOf, CLOUD_EVENT_TYPE } from '../acknowledgements/cloudEvent.js';
import type { ConfiguredEventTarget } from '../config/events.js';
import { AcknowledgementError, type Acknowledgement } from '../domain/acknowledgement.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { withinTime } from '../lib/deadline.js';
import { RecordTooLarge, type OutgoingRecord, type QueueTarget } from '../queues/queue.js';
import { activeTraceparent } from '../telemetry/tracing.js';

/** Attempts at one target at once. Each holds one of the worker's slots, of which it has a hundred. */
const MOST_AT_ONCE = 50;

/** While a target is away, one attempt finds out when it is back. The others fail without a call. */
const MOST_WHILE_AWAY = 1;

const CLOSE_WITHIN_MS = 2_000;

interface StatusEvent {
  webhookId: string;
  acknowledgement: Acknowledgement;
}

export class EventTargets {
  readonly #targets: ReadonlyMap<string, Target>;
  readonly #source: () => string;

  /** @param source of the events; see `eventSource` */
  constructor(
    targets: readonly ConfiguredEventTarget[],
    { log, source }: { log: Logger; source: () => string },
  ) {
    this.#targets = new Map(targets.map((target) => [target.name, new Target(target, log)]));
    this.#source = source;
  }

  /** Resolves when the target has stored the event. Rejects only with AcknowledgementError, within this time. */
  readonly publish = async (name: string, event: StatusEvent, withinMs: number): Promise<void> => {
    const target = this.#targets.get(name);
    if (!target) {
      // Tried again, since a worker that knows the target may take it, or will after its restart.
      throw new AcknowledgementError(
        `This worker’s configuration has no events.${name}: nothing was sent. If it was removed on purpose, the event is given up after the last attempt; otherwise add it and restart the worker.`,
        { reason: 'not_configured' },
      );
    }
    const cloudEvent = cloudEventOf(event, this.#source(), activeTraceparent());
    const record = {
      id: cloudEvent.id,
      key: cloudEvent.subject,
      headers: { 'content-type': CLOUD_EVENT_TYPE },
      body: cloudEventBody(cloudEvent),
    };
    await target.send(record, withinMs);
  };

  async close(): Promise<void> {
    await Promise.all([...this.#targets.values()].map((target) => target.close()));
  }
}

class Target {
  readonly #configured: ConfiguredEventTarget;
  readonly #log: Logger;
  #opened: Promise<QueueTarget> | undefined;
  #underWay = 0;
  #isAway = false;

  constructor(configured: ConfiguredEventTarget, log: Logger) {
    this.#configured = configured;
    this.#log = log;
  }

  async send(record: OutgoingRecord, withinMs: number): Promise<void> {
    if (this.#underWay >= (this.#isAway ? MOST_WHILE_AWAY : MOST_AT_ONCE)) {
      const why = this.#isAway
        ? 'can’t be written to, and another event tries it at this moment'
        : `is slow: ${MOST_AT_ONCE} events are being written to it`;
      throw new AcknowledgementError(`${this.#name} ${why}.`, { reason: 'recipient_unavailable' });
    }
    this.#underWay += 1;
    try {
      const late = () => new Late(`It has not stored the event within ${withinMs} ms`);
      await withinTime(this.#store(record), withinMs, { late });
      if (this.#isAway) this.#log.info({ target: this.#configured.name }, 'Events are taken again');
      this.#isAway = false;
    } catch (error) {
      throw this.#failureOf(error);
    } finally {
      this.#underWay -= 1;
    }
  }

  async close(): Promise<void> {
    const closing = this.#opened?.then((target) => target.close());
    this.#opened = undefined;
    if (!closing) return;
    // A client that can't reach its brokers goes on trying for a while.
    const late = () => new Late('It was not closed in time');
    await withinTime(closing, CLOSE_WITHIN_MS, { late }).catch(() => undefined);
  }

  async #store(record: OutgoingRecord): Promise<void> {
    this.#opened ??= this.#configured.open({ log: this.#log });
    const opened = this.#opened;
    opened.catch(() => {
      // As a secret that is not there yet: the next attempt reads it again.
      if (this.#opened === opened) this.#opened = undefined;
    });
    await (await opened).send([record]);
  }

  get #name(): string {
    const { name, place } = this.#configured;
    return `events.${name} (${place})`;
  }

  #failureOf(error: unknown): AcknowledgementError {
    if (error instanceof RecordTooLarge) {
      return new AcknowledgementError(`${this.#name} doesn’t take it. ${error.message}.`, {
        reason: 'refused',
        permanent: true,
        cause: error,
      });
    }
    // One line for each time that it goes away.
    if (!this.#isAway) {
      this.#log.error({ err: error, target: this.#configured.name }, 'Events are not taken');
    }
    this.#isAway = true;
    if (error instanceof ConfigurationError) {
      const message = `${this.#name} can’t be used: ${error.message}`;
      return new AcknowledgementError(message, { reason: 'not_configured', cause: error });
    }
    if (error instanceof Late) {
      const message = `${this.#name} did not store it within the time limit.`;
      return new AcknowledgementError(message, { reason: 'timeout', cause: error });
    }
    // Only the error's name: its message may have the place's credentials or addresses.
    const name = error instanceof Error ? error.name : 'unknown';
    const message = `${this.#name} can’t be written to (${name}).`;
    return new AcknowledgementError(message, { reason: 'connection_failed', cause: error });
  }
}

class Late extends Error {
  override readonly name = 'Late';
}
