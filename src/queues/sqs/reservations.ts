/** The messages in hand: how long SQS hides them from other consumers, and what is settled and not deleted yet. */
import type { Message } from '@aws-sdk/client-sqs';
import type { Logger } from 'pino';
import { inTens, MOST_IN_BATCH, type Failed, type SqsCalls } from './calls.js';

const CHECK_EVERY_MS = 1_000;

/** Deletions wait so long for others that go with the same request. */
const GATHER_MS = 20;

/** A reservation counts as ended before SQS ends it, since the answer was under way for a while. */
const MARGIN_MS = 2_000;

interface Reservation {
  message: Message;
  until: number;
  revoked: AbortController;
  isSettled: boolean;
  isBeingDeleted: boolean;
}

export interface Reserved {
  revoked: AbortSignal;
  revoke(reason: Error): void;
  /** The message may be deleted. */
  settle(): void;
  /** It is not this consumer's any more. @param giveBack others may have it at once, not only when its time is over */
  release(options: { giveBack: boolean }): void;
}

export interface ReservationsOptions {
  calls: Pick<SqsCalls, 'hide' | 'delete'>;
  visibilityTimeoutMs: number;
  log: Logger;
  /** A message was deleted, given back or lost. */
  onLeft: () => void;
}

export class Reservations {
  readonly #options: ReservationsOptions;
  readonly #all = new Set<Reservation>();
  readonly #toDelete = new Set<Reservation>();
  readonly #toGiveBack = new Set<Message>();
  readonly #timer: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | undefined;
  #isExtending = false;

  constructor(options: ReservationsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#check(), CHECK_EVERY_MS);
    this.#timer.unref();
  }

  get size(): number {
    return this.#all.size;
  }

  /** @param message received just now */
  add(message: Message): Reserved {
    const reservation: Reservation = {
      message,
      until: this.#untilFrom(performance.now()),
      revoked: new AbortController(),
      isSettled: false,
      isBeingDeleted: false,
    };
    this.#all.add(reservation);
    return {
      revoked: reservation.revoked.signal,
      revoke: (reason) => reservation.revoked.abort(reason),
      settle: () => this.#settle(reservation),
      release: ({ giveBack }) => {
        if (giveBack && this.#all.has(reservation)) this.#toGiveBack.add(message);
        this.#leave(reservation);
      },
    };
  }

  /** What has not begun to be handled, doesn't begin. */
  revokeAll(reason: Error): void {
    for (const { revoked } of this.#all) revoked.abort(reason);
  }

  /** Deletes what is settled, and gives back what was released, without waiting for more. */
  async flush(): Promise<void> {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    await this.#deleteGathered();
    const messages = [...this.#toGiveBack];
    this.#toGiveBack.clear();
    await Promise.all(inTens(messages).map((some) => this.#giveBack(some)));
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
  }

  #untilFrom(time: number): number {
    return time + this.#options.visibilityTimeoutMs - MARGIN_MS;
  }

  #settle(reservation: Reservation): void {
    reservation.isSettled = true;
    this.#toDelete.add(reservation);
    if (this.#toDelete.size >= MOST_IN_BATCH) void this.#deleteGathered();
    else this.#gathering ??= setTimeout(() => void this.#deleteGathered(), GATHER_MS);
  }

  #leave(reservation: Reservation): void {
    this.#all.delete(reservation);
    this.#toDelete.delete(reservation);
    this.#options.onLeft();
  }

  async #deleteGathered(): Promise<void> {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const gathered = [...this.#toDelete];
    this.#toDelete.clear();
    await Promise.all(inTens(gathered).map((some) => this.#delete(some)));
  }

  /** What can't be deleted now is tried again with the next check, for as long as it is hidden. */
  async #delete(some: readonly Reservation[]): Promise<void> {
    for (const each of some) each.isBeingDeleted = true;
    const failures = await this.#tried(some, (messages) => this.#options.calls.delete(messages));
    for (const each of some) {
      each.isBeingDeleted = false;
      const failure = failures.get(each.message);
      if (!failure || failure.isFinal || !this.#all.has(each)) this.#leave(each);
      else this.#toDelete.add(each);
      if (!failure) continue;
      this.#options.log.debug({ err: failure.error }, 'A record could not be deleted');
    }
  }

  async #giveBack(messages: readonly Message[]): Promise<void> {
    try {
      await this.#options.calls.hide(messages, 0);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'Records could not be given back; they are later');
    }
  }

  async #check(): Promise<void> {
    const now = performance.now();
    for (const each of this.#all) {
      if (each.until > now) continue;
      // Another consumer may have it. What was begun goes on: its message is a duplicate for the other.
      each.revoked.abort(new Error('The record was not reserved any more.'));
      if (each.isSettled && !each.isBeingDeleted) this.#leave(each);
    }
    void this.#deleteGathered();
    if (this.#isExtending) return;
    this.#isExtending = true;
    try {
      await this.#extend(now);
    } finally {
      this.#isExtending = false;
    }
  }

  /** After a third of the time, so that it can be tried again. */
  async #extend(now: number): Promise<void> {
    const { visibilityTimeoutMs } = this.#options;
    const due = [...this.#all].filter(
      ({ isSettled, revoked, until }) =>
        !isSettled && !revoked.signal.aborted && until - now < (visibilityTimeoutMs * 2) / 3,
    );
    await Promise.all(inTens(due).map((some) => this.#extendSome(some)));
  }

  async #extendSome(some: readonly Reservation[]): Promise<void> {
    const sentAt = performance.now();
    const seconds = Math.floor(this.#options.visibilityTimeoutMs / 1_000);
    const failures = await this.#tried(some, (messages) =>
      this.#options.calls.hide(messages, seconds),
    );
    for (const each of some) {
      const failure = failures.get(each.message);
      if (!failure) each.until = this.#untilFrom(sentAt);
      // As after twelve hours in all, or where its time was over.
      else if (failure.isFinal) each.revoked.abort(failure.error);
    }
  }

  /** Those that failed; all where the request did. */
  async #tried(
    some: readonly Reservation[],
    call: (messages: Message[]) => Promise<Failed<Message>[]>,
  ): Promise<Map<Message, { error: Error; isFinal: boolean }>> {
    const messages = some.map(({ message }) => message);
    try {
      const failures = await call(messages);
      return new Map(failures.map(({ entry, ...failure }) => [entry, failure]));
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      return new Map(messages.map((message) => [message, { error, isFinal: false }]));
    }
  }
}
