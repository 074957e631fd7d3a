import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities } from './bareWorker.js';

const { nothing } = proxyActivities<BareActivities>({ startToCloseTimeout: '10s' });

/** The least that a durable send could be: one activity, which does nothing. */
export async function bareWorkflow(): Promise<void> {
  await nothing();
}
