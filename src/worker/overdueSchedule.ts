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
  // A missed check is not repeated: the next one finds the same messages.
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: EVERY },
};

/**
 * Schedules the check for overdue messages, every few minutes. All workers share one schedule; a worker that starts updates
 * its definition. A schedule that a person has paused stays paused.
 *
 * If Temporal refuses the schedule, that is logged, and messages are delivered without the check.
 */
export async function scheduleOverdueCheck(client: Client, log: Logger): Promise<void> {
  try {
    await createOrUpdate(client);
  } catch (error) {
    log.error(
      { err: error },
      'Overdue messages are not detected: their schedule could not be created',
    );
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
