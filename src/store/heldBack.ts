import type { Client } from '@temporalio/client';
import type { DeliveryPlan } from '../contract/deliverMessage.js';
import { estimateWaiting, type AccountQueue } from '../domain/deliveryEstimate.js';
import type { DeliveryState } from '../domain/messageState.js';
import { readDeliveryQueue } from './accountQueue.js';

/**
 * The deliveries, and for each that waits for a stopped queue why that queue is stopped: the account is in trouble, or a
 * person stopped it. What a worker has received when the queue is stopped waits in that worker. One that waits behind others
 * has the time at which it is expected to be its turn.
 *
 * @param plans the plan of each delivery, in the same order
 */
export async function markHeldBack(
  client: Client,
  deliveries: readonly DeliveryState[],
  plans: readonly DeliveryPlan[],
): Promise<DeliveryState[]> {
  // Many destinations may be one account's, which has one queue.
  const queues = new Map<string, Promise<AccountQueue>>();
  const now = new Date();
  return await Promise.all(
    deliveries.map(async (delivery, index) => {
      const { stage } = delivery;
      const taskQueue = plans[index]?.taskQueue;
      if (taskQueue === undefined) return delivery;
      const { kind } = stage;
      if (kind !== 'queued' && kind !== 'retrying' && kind !== 'attempting') return delivery;
      const reading = queues.get(taskQueue) ?? readDeliveryQueue(client, taskQueue);
      queues.set(taskQueue, reading);
      const queue = await reading;
      const { heldBack } = queue;
      if (heldBack === undefined) {
        if (kind !== 'queued') return delivery;
        return { ...delivery, stage: { ...stage, ...expected(queue, stage.since, now) } };
      }
      return stage.kind === 'attempting'
        ? { ...delivery, stage: { ...stage, kind: 'queued', heldBack } }
        : { ...delivery, stage: { ...stage, heldBack } };
    }),
  );
}

/** Nothing where it is its turn already, or nobody knows. */
function expected(queue: AccountQueue, since: string, now: Date): { expectedAt?: string } {
  const estimate = estimateWaiting(queue, now.getTime() - Date.parse(since));
  if (estimate.kind !== 'in' || estimate.ms === 0) return {};
  return { expectedAt: new Date(now.getTime() + estimate.ms).toISOString() };
}
