import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities } from './bareWorker.js';

const { nothing } = proxyActivities<BareActivities>({ startToCloseTimeout: '10s' });

/** The minimum of a durable send: one activity, which does nothing. */
export async function bareWorkflow(): Promise<void> {
  await nothing();
}
