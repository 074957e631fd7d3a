import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { OVERDUE_CHECK_ID, WORKFLOW_TASK_QUEUE } from '../contract/names.js';

const EVERY = '5m' as const;

const DEFINITION = {
  spec: { intervals: [{ every: EVERY }] },
  action: {
    type: 'startWorkflow' as const,
    workflowType: 'findOverdue',
    workflowId: OVERDUE_CHECK_ID,
    taskQueue: WORKFLOW_TASK_QUEUE,
    args: [],
  },
  // A check that was missed is worth nothing once the next one has run.
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: EVERY },
};

/**
 * Has Temporal look for overdue messages every few minutes. However many workers ask for it, there is one schedule, in the
 * form that the newest of them gave it; one that a person has paused stays so.
 *
 * Where Temporal refuses it, messages are delivered all the same: that is logged.
 */
export async function scheduleOverdueCheck(client: Client, log: Logger): Promise<void> {
  try {
    await createOrUpdate(client);
  } catch (error) {
    log.error({ err: error }, 'Nobody looks for overdue messages: the schedule could not be made');
  }
}

async function createOrUpdate(client: Client): Promise<void> {
  try {
    await client.schedule.create({ scheduleId: OVERDUE_CHECK_ID, ...DEFINITION });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule
      .getHandle(OVERDUE_CHECK_ID)
      .update(({ state }) => ({ ...DEFINITION, state }));
  }
}
