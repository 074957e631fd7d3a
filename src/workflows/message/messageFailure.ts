import { ApplicationFailure } from '@temporalio/workflow';
import type { Delivery } from './delivery.js';

/** The workflow's failure where the message was discarded or has expired; undefined where it was confirmed everywhere. */
export function messageFailure(deliveries: readonly Delivery[]): ApplicationFailure | undefined {
  const discarded = deliveries.find((delivery) => delivery.discarded);
  if (discarded) return discardedFailure(discarded);
  const expired = deliveries.find((delivery) => delivery.expired);
  return expired && expiredFailure(expired);
}

function discardedFailure({ destination, discarded }: Delivery): ApplicationFailure {
  const by = discarded?.by ?? 'an unnamed person';
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
