import { resolvedSignal } from '../../contract/signals.js';
import type { DeadLetterReference } from '../../contract/deadLetterQueue.js';
import { signalDeadLetterQueue } from '../deadLetters/signalDeadLetterQueue.js';
import type { Delivery } from './delivery.js';

/**
 * The signals by which the dead-letter queues learn that deliveries of one message are no longer parked. A delivery that is
 * retried goes on beside its signal.
 */
export class Resolutions {
  readonly #underWay = new Map<Delivery, Promise<void>>();

  /** Begins to signal, in the present workflow task. */
  begin(delivery: Delivery, reference: DeadLetterReference): void {
    this.#underWay.set(
      delivery,
      signalDeadLetterQueue(resolvedSignal, delivery.destination, reference),
    );
  }

  /** The signal of the delivery's last retry; undefined where there was none. */
  lastOf(delivery: Delivery): Promise<void> | undefined {
    return this.#underWay.get(delivery);
  }

  /** To be awaited before the workflow ends: Temporal sends no signal of a workflow that has ended. */
  async allSent(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }
}
