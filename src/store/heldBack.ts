import type { Client } from '@temporalio/client';
import type { DeliveryPlan } from '../contract/deliverMessage.js';
import type { DeliveryState } from '../domain/messageState.js';
import { readQueueLimits } from '../temporal/queueLimits.js';

/**
 * The deliveries, and for each that waits for a stopped queue why that queue is stopped: the account is in trouble, or a
 * person stopped it. What a worker has received when the queue is stopped waits in that worker.
 *
 * @param plans the plan of each delivery, in the same order
 */
export async function markHeldBack(
  client: Client,
  deliveries: readonly DeliveryState[],
  plans: readonly DeliveryPlan[],
): Promise<DeliveryState[]> {
  // Many destinations may be one account's, which has one queue.
  const stops = new Map<string, Promise<string | undefined>>();
  return await Promise.all(
    deliveries.map(async (delivery, index) => {
      const { stage } = delivery;
      const taskQueue = plans[index]?.taskQueue;
      if (taskQueue === undefined) return delivery;
      const { kind } = stage;
      if (kind !== 'queued' && kind !== 'retrying' && kind !== 'attempting') return delivery;
      const stop = stops.get(taskQueue) ?? readStop(client, taskQueue);
      stops.set(taskQueue, stop);
      const heldBack = await stop;
      if (heldBack === undefined) return delivery;
      return stage.kind === 'attempting'
        ? { ...delivery, stage: { ...stage, kind: 'queued', heldBack } }
        : { ...delivery, stage: { ...stage, heldBack } };
    }),
  );
}

/** Why a task queue is stopped, empty where nobody gave a reason; undefined where it isn't stopped. */
async function readStop(client: Client, taskQueue: string): Promise<string | undefined> {
  const { perQueue, reason } = await readQueueLimits(client, taskQueue);
  return perQueue === 0 ? (reason?.replace(/^sendproof: /, '') ?? '') : undefined;
}
