import { isCancellation, log, patched, proxyActivities } from '@temporalio/workflow';
import type { WorkflowQueueActivities } from '../../contract/activities.js';
import { commandBlock } from '../../lib/markdownCode.js';
import { shellCommand } from '../../lib/shellCommand.js';
import type { OverdueMessages, OperatorNotice } from '../../contract/notices.js';

/** Shorter than the interval between two checks: a check that fails for longer leaves the work to the next one. */
const { overdueMessages, releaseUnserved, tellOperators } =
  proxyActivities<WorkflowQueueActivities>({
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '4m',
  });

/** Operators are notified at most once in this time, however often overdue messages are found. */
const WINDOW_MS = 3_600_000;

/** Finds messages that are neither delivered nor parked long after they were due, and notifies the operators. */
export async function findOverdue(): Promise<Pick<OverdueMessages, 'count' | 'keys'>> {
  if (patched(RELEASES_UNSERVED_PATCH)) await releaseMessagesOfRemovedAccounts();
  const overdue = await overdueMessages();
  if (overdue.count > 0) await tellOperators(overdueNotice(overdue, new Date()));
  return { count: overdue.count, keys: overdue.keys };
}

/** The first versions of the check only looked. */
const RELEASES_UNSERVED_PATCH = 'releases-unserved';

async function releaseMessagesOfRemovedAccounts(): Promise<void> {
  try {
    await releaseUnserved();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('Messages of removed accounts could not be looked for', { error });
  }
}

export function overdueNotice(
  { count, keys, overdueAfterMs }: OverdueMessages,
  now: Date,
): OperatorNotice {
  const window = new Date(Math.floor(now.getTime() / WINDOW_MS) * WINDOW_MS).toISOString();
  const minutes = Math.round(overdueAfterMs / 60_000);
  const timelines = keys.map((key) => shellCommand('sendproof timeline', [key])).join('\n');
  const more = count > keys.length ? `There are ${count - keys.length} more. ` : '';
  return {
    topic: `overdue/${window}`,
    content: {
      title: count === 1 ? 'A message is overdue' : `${count} messages are overdue`,
      severity: 'error',
      text: [
        `More than ${minutes} min after they were due, these messages are neither delivered nor dead-lettered. To see why:`,
        commandBlock(timelines),
        `${more}If there are many, check that workers run for their accounts: \`sendproof doctor\`.`,
      ].join('\n\n'),
    },
    priority: 2,
  };
}
