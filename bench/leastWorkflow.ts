import { proxyActivities } from '@temporalio/workflow';
import type { LeastActivities, LeastPost } from './leastHop.js';

const { post } = proxyActivities<LeastActivities>({ startToCloseTimeout: '10s' });

/** One activity, which posts. */
export async function leastWorkflow(content: LeastPost): Promise<void> {
  await post(content);
}
