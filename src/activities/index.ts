import { createDeliver, type DeliverDependencies } from './deliver.js';

export type DeliveryActivities = ReturnType<typeof createDeliveryActivities>;

/** The activities of a delivery task queue, given the adapters that they need. */
export function createDeliveryActivities(dependencies: DeliverDependencies) {
  return { deliver: createDeliver(dependencies) };
}
