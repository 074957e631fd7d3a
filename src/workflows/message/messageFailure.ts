import { ApplicationFailure } from '@temporalio/workflow';
import type { Delivery } from './delivery.js';

/** The workflow's failure where the message was discarded or has expired; undefined where it was confirmed everywhere. */
export function messageFailure(deliveries: readonly Delivery[]): ApplicationFailure | undefined {
  return firstFailure(deliveries, discardedFailure) ?? firstFailure(deliveries, expiredFailure);
}

/** Whether a newer message of its conversation is shown everywhere, instead of this one. */
export function isSuperseded(deliveries: readonly Delivery[]): boolean {
  const kinds = deliveries.map(({ stage }) => stage.kind).filter((kind) => kind !== 'not_needed');
  return kinds.length > 0 && kinds.every((kind) => kind === 'superseded');
}

function firstFailure(
  deliveries: readonly Delivery[],
  failureOf: (delivery: Delivery) => ApplicationFailure | undefined,
): ApplicationFailure | undefined {
  for (const delivery of deliveries) {
    const failure = failureOf(delivery);
    if (failure) return failure;
  }
  return undefined;
}

function discardedFailure({ destination, stage }: Delivery): ApplicationFailure | undefined {
  if (stage.kind !== 'discarded') return undefined;
  const { by = 'an unnamed person', failure, why = 'no reason given' } = stage;
  return ApplicationFailure.nonRetryable(
    `Discarded by ${by}: ${why} (${destination}: ${failure.reason})`,
    'discarded',
  );
}

function expiredFailure({ destination, stage }: Delivery): ApplicationFailure | undefined {
  if (stage.kind !== 'expired') return undefined;
  return ApplicationFailure.nonRetryable(
    `Expired before ${destination} confirmed it: ${stage.failure.reason}`,
    'expired',
  );
}
