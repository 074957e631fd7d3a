import {
  condition,
  patched,
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
import type { Resolutions } from './resolutions.js';
import { millisecondsUntil } from './time.js';
import type { DeadLetter, DeadLetterMemo } from '../../domain/deadLetter.js';

/** The first versions notified the queue, and then asked whether the account is still served, before they delivered a retry. */
const RETRIES_AT_ONCE_PATCH = 'retries-at-once';

/**
 * Parks a delivery: publishes it, signals its destination's dead-letter queue, and waits for a person's decision or the
 * message's expiry. Where it is retried, the signal to the queue goes out beside the delivery.
 *
 * @returns whether the retry may begin without a check of its account
 */
export async function waitForDecision(
  delivery: Delivery,
  { reason, at }: DeadLetter,
  { all, expiresAt, resolutions }: ParkingContext,
): Promise<{ accountIsServed: boolean }> {
  const { destination } = delivery;
  const reference = { deduplicationKey: workflowInfo().workflowId, reason, at };
  publishDeadLetters(all);
  // The queue counts the end of the last parking before the begin of this one.
  const lastResolution = resolutions.lastOf(delivery);
  if (lastResolution) await lastResolution;
  await signalDeadLetterQueue(deadLetteredSignal, destination, reference);
  try {
    const decided = () => delivery.decision !== undefined;
    const leftMs = millisecondsUntil(expiresAt);
    if (leftMs === undefined) await condition(decided);
    // The SDK gives a time-out of zero a meaning of its own.
    else await condition(decided, Math.max(1, leftMs));
  } catch (error) {
    await signalDeadLetterQueue(resolvedSignal, destination, reference);
    throw error;
  }
  if (delivery.decision?.action === 'retry' && patched(RETRIES_AT_ONCE_PATCH)) {
    resolutions.begin(delivery, reference);
    return { accountIsServed: delivery.decision.accountIsServed === true };
  }
  await signalDeadLetterQueue(resolvedSignal, destination, reference);
  return { accountIsServed: false };
}

interface ParkingContext {
  /** The message's deliveries. */
  all: Delivery[];
  expiresAt: string | undefined;
  resolutions: Resolutions;
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
