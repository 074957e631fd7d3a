import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { WorkflowQueueActivities } from '../../contract/activities.js';
import type { DeliverMessageResult } from '../../contract/deliverMessage.js';
import type { Unposted } from '../../domain/unposted.js';

/** Tried until it succeeds: the group shows the event, and nothing else does. */
const { joinGroup } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '30 seconds' },
});

/** Ends a message that is not posted by itself: at once where it is muted, otherwise when it has joined its group. */
export async function endUnposted(unposted: Unposted): Promise<DeliverMessageResult> {
  if (unposted.kind === 'muted') return { receipts: [] };
  const { groupId, member, plan } = unposted;
  const { message } = await joinGroup({
    groupId,
    plan,
    member,
    id: workflowInfo().firstExecutionRunId,
  });
  return { receipts: [], groupedIn: message };
}
