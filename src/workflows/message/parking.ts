import {
  condition,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  deliveryStatusAttribute,
  failureReasonAttribute,
} from '../../contract/searchAttributes.js';
import { signalDeadLetterQueue } from '../deadLetters/signalDeadLetterQueue.js';
import type { Delivery } from './delivery.js';
import { parkingDetails } from './parkingDetails.js';
import { deadLetteredSignal, resolvedSignal } from '../../contract/signals.js';
import { millisecondsUntil } from './time.js';
import type { DeadLetter, DeadLetterMemo } from '../../domain/deadLetter.js';

/**
 * Parks a delivery: publishes it, signals its destination's dead-letter queue, and waits for a person's decision or the
 * message's expiry.
 */
export async function waitForDecision(
  delivery: Delivery,
  { reason, at }: DeadLetter,
  all: Delivery[],
  expiresAt: string | undefined,
): Promise<void> {
  const reference = { deduplicationKey: workflowInfo().workflowId, reason, at };
  publishDeadLetters(all);
  await signalDeadLetterQueue(deadLetteredSignal, delivery.destination, reference);
  try {
    const decided = () =>
      delivery.stage.kind === 'dead_lettered' && delivery.stage.decision !== undefined;
    const leftMs = millisecondsUntil(expiresAt);
    if (leftMs === undefined) await condition(decided);
    // The SDK gives a time-out of zero a meaning of its own.
    else await condition(decided, Math.max(1, leftMs));
  } finally {
    await signalDeadLetterQueue(resolvedSignal, delivery.destination, reference);
  }
}

/** Temporal's own status says that the workflow has completed. */
export function publishSuperseded(): void {
  upsertSearchAttributes([{ key: deliveryStatusAttribute, value: 'Superseded' }]);
}

/** Writes the deliveries that are parked now to the search attributes, the memo and the Web UI's details. */
export function publishDeadLetters(deliveries: Delivery[]): void {
  const parked = deliveries.flatMap(({ destination, stage }): DeadLetterMemo[] =>
    stage.kind === 'dead_lettered' ? [{ destination, ...stage.deadLetter }] : [],
  );
  const stages = deliveries.map(({ stage }) => stage);
  const discarded = stages.some(({ kind }) => kind === 'discarded');
  const expired = stages.find((stage) => stage.kind === 'expired');
  upsertSearchAttributes([
    {
      key: deliveryStatusAttribute,
      value:
        parked.length > 0 ? 'DeadLettered' : discarded ? 'Discarded' : expired ? 'Expired' : null,
    },
    {
      key: failureReasonAttribute,
      value: parked.at(-1)?.reason ?? expired?.failure.reason ?? null,
    },
  ]);
  upsertMemo({ deadLetters: parked });
  setCurrentDetails(parkingDetails(workflowInfo().workflowId, deliveries));
}
