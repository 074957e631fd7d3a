import { ApplicationFailure } from '@temporalio/workflow';
import type { Delivery } from './delivery.js';

/** How a message ends that was not confirmed everywhere: Failed, with who gave it up and why, or when it expired. */
export function unconfirmedEnding(deliveries: readonly Delivery[]): ApplicationFailure | undefined {
  const discarded = deliveries.find((delivery) => delivery.discarded);
  if (discarded) return discardedFailure(discarded);
  const expired = deliveries.find((delivery) => delivery.expired);
  return expired && expiredFailure(expired);
}

function discardedFailure({ destination, discarded }: Delivery): ApplicationFailure {
  const by = discarded?.by ?? 'somebody who gave no name';
  const why = discarded?.why ?? 'no reason given';
  return ApplicationFailure.nonRetryable(
    `Discarded by ${by}: ${why} (${destination}: ${discarded?.reason ?? 'dead letter'})`,
    'discarded',
  );
}

function expiredFailure({ destination, expired }: Delivery): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Expired before ${destination} confirmed it: ${expired?.reason ?? 'expired'}`,
    'expired',
  );
}
