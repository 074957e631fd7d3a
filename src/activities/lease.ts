/** Whether the attempt of this worker is still the current one, so that it may post. */
import { CancelledFailure } from '@temporalio/activity';
import { DeliveryError, type Attempt } from '../domain/delivery.js';

/**
 * The heartbeat interval of slow requests. Most requests end before the first heartbeat. The workflow's heartbeat time-out
 * is four times this.
 */
export const HEARTBEAT_INTERVAL_MS = 2_000;

/**
 * Resolves when Temporal has answered: `cancelled` if the cancellation of the attempt was requested. Rejects where the attempt is
 * not the current one any more, and where Temporal gives no answer in time.
 *
 * @param attempts what the next attempt finds if this one is lost
 */
export type ConfirmAttempt = (
  taskToken: Uint8Array,
  attempts: Attempt[],
) => Promise<'current' | 'cancelled'>;

/**
 * The right to post, which lasts as long as Temporal receives heartbeats of this attempt. A process that was frozen for
 * longer (a suspended machine, a paused container), or could not reach Temporal for longer, has lost it: Temporal has started
 * the next attempt, which may have posted.
 */
export class Lease {
  readonly #durationMs: number;
  readonly #confirm: () => ReturnType<ConfirmAttempt>;
  readonly #startedAt = Date.now();
  #renewedAt = Date.now();
  #lost = false;

  constructor(durationMs: number | undefined, confirm: () => ReturnType<ConfirmAttempt>) {
    this.#durationMs = durationMs ?? Number.POSITIVE_INFINITY;
    this.#confirm = confirm;
  }

  renew(): void {
    // Once lost it stays lost: after a freeze this timer may fire before the pending answer arrives.
    this.#lost = this.#isOver();
    this.#renewedAt = Date.now();
  }

  /**
   * Resolves if this attempt may post. Temporal is asked only where a heartbeat was due meanwhile: nothing else says whether it
   * was received.
   *
   * @throws DeliveryError where the lease is lost, or may be
   * @throws CancelledFailure where the delivery was cancelled meanwhile
   */
  async assertHeld(): Promise<void> {
    if (this.#isOver()) throw workerFrozen();
    if (Date.now() - this.#startedAt < HEARTBEAT_INTERVAL_MS) return;
    const answer = await this.#confirm().catch((error: unknown) => {
      throw notConfirmed(error);
    });
    if (answer === 'cancelled') throw new CancelledFailure('CANCELLED');
    if (this.#isOver()) throw workerFrozen();
  }

  #isOver(): boolean {
    return this.#lost || Date.now() - this.#renewedAt > this.#durationMs;
  }
}

function workerFrozen(): DeliveryError {
  return new DeliveryError(
    'This worker was frozen for so long that another worker may have started the next attempt: nothing was sent.',
    { outcome: 'transient', reason: 'worker_lost' },
  );
}

function notConfirmed(cause: unknown): DeliveryError {
  return new DeliveryError(
    'This worker got no confirmation from Temporal that the attempt is still its own, so that another worker may have started the next one: nothing was sent.',
    { outcome: 'transient', reason: 'worker_lost', cause },
  );
}
