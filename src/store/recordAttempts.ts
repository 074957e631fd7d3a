import type { Client } from '@temporalio/client';
import { attemptsBeforeCancelSignal } from '../contract/signals.js';
import { lastNumber } from '../domain/attemptLog.js';
import type { Attempt } from '../domain/delivery.js';
import type { DeliveryStage, DeliveryState, MessageState } from '../domain/messageState.js';

/** While Temporal has an activity of the delivery. Before, a signal would begin a message that is not due yet. */
const BEGUN: ReadonlySet<DeliveryStage['kind']> = new Set([
  'queued',
  'attempting',
  'retrying',
  'expired',
]);

/**
 * Writes the attempts of a message that is about to be cancelled to its history. An activity that is cancelled between two attempts
 * would take them with it, and the status would say that the message was never sent.
 */
export async function recordAttempts(
  client: Client,
  { deduplicationKey, deliveries }: Pick<MessageState, 'deduplicationKey' | 'deliveries'>,
): Promise<void> {
  const begun = deliveries.filter(({ stage }) => BEGUN.has(stage.kind));
  if (begun.length === 0) return;
  const attempts = begun.map((delivery) => ({
    destination: delivery.destination,
    attempts: attemptsOf(delivery),
  }));
  await client.workflow.getHandle(deduplicationKey).signal(attemptsBeforeCancelSignal, attempts);
}

/** An attempt that is under way is of unknown outcome, unless its activity still records its end. */
function attemptsOf({ attempts, stage }: DeliveryState): Attempt[] {
  if (stage.kind !== 'attempting') return [...attempts];
  const number = lastNumber(attempts) + 1;
  const startedAt = stage.since;
  return [...attempts, { number, startedAt, outcome: 'ambiguous', reason: 'worker_lost' }];
}
