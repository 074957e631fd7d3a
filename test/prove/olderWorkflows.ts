/** What workers did before there were conversations: they post each message, whatever else its input says. */
import { proxyActivities } from '@temporalio/workflow';
import type { DeliveryPlan } from '../../src/contract/deliverMessage.js';

export interface OlderActivities {
  deliver(input: { destination: string }): Promise<{ receipt: object; attempts: [] }>;
}

export async function deliverMessage(input: { deliveries: DeliveryPlan[] }): Promise<object> {
  const delivered = input.deliveries.map(async ({ destination, taskQueue }) => {
    const activities = proxyActivities<OlderActivities>({
      taskQueue,
      startToCloseTimeout: '10 seconds',
    });
    const { receipt } = await activities.deliver({ destination });
    return { destination, receipt };
  });
  return { receipts: await Promise.all(delivered) };
}
