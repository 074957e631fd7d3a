import { proxyActivities } from '@temporalio/workflow';
import type { WorkflowQueueActivities } from '../../contract/activities.js';
import { inCode } from '../../lib/markdownCode.js';
import type { OverdueMessages, OperatorNotice } from '../../contract/notices.js';

/** The next check comes soon: one that fails for longer gives way to it. */
const { overdueMessages, tellOperators } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '4m',
});

/** The operators are told once in so long a time, however often messages are found. */
const WINDOW_MS = 3_600_000;

/** The dead-man's switch: finds messages that nothing else would tell of, and names them to the operators. */
export async function findOverdue(): Promise<Pick<OverdueMessages, 'count' | 'keys'>> {
  const overdue = await overdueMessages();
  if (overdue.count > 0) await tellOperators(overdueNotice(overdue, new Date()));
  return { count: overdue.count, keys: overdue.keys };
}

export function overdueNotice(
  { count, keys, overdueAfterMs }: OverdueMessages,
  now: Date,
): OperatorNotice {
  const window = new Date(Math.floor(now.getTime() / WINDOW_MS) * WINDOW_MS).toISOString();
  const minutes = Math.round(overdueAfterMs / 60_000);
  const more = count > keys.length ? `\n- and ${count - keys.length} more` : '';
  return {
    topic: `overdue/${window}`,
    content: {
      title: count === 1 ? 'A message is overdue' : `${count} messages are overdue`,
      severity: 'error',
      text: [
        `More than ${minutes} min after they were due, these are neither delivered nor waiting for a person:`,
        keys.map((key) => `- ${inCode(key)}`).join('\n') + more,
        'Why, says `sendproof timeline <key>`. If it is many, see that workers run for their accounts: `sendproof doctor`.',
      ].join('\n\n'),
    },
    priority: 2,
  };
}
