/** People's decisions on all dead letters of some destinations, sent to their queues. */
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { WorkflowIdConflictPolicy } from '@temporalio/common';
import type { Workflows } from '../contract/workflows.js';
import { discardAllUpdate, retryAllUpdate } from '../contract/signals.js';
import { deadLetterQueueId, WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import { summary } from '../contract/userMetadata.js';
import { destinationAttribute } from '../contract/searchAttributes.js';
import type { BulkDecision, BulkRequest } from '../contract/deadLetterQueue.js';
import type { Destination } from '../domain/destination.js';

/**
 * Sends a destination's queue, which is started if it doesn't run, a decision on all its dead letters. Resolves when the
 * queue has accepted it, which needs a worker. Sent again with the same id, it is the same decision.
 */
export async function decideAll(
  client: Client,
  destination: Destination,
  action: BulkDecision['action'],
  request: BulkRequest,
): Promise<BulkDecision> {
  const startWorkflowOperation = new WithStartWorkflowOperation<Workflows['deadLetterQueue']>(
    'deadLetterQueue',
    {
      workflowId: deadLetterQueueId(destination),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [{ destination }],
      typedSearchAttributes: [{ key: destinationAttribute, value: [destination] }],
      staticSummary: summary('Dead letters of ', destination),
    },
  );
  return await client.workflow.executeUpdateWithStart(
    action === 'retry' ? retryAllUpdate : discardAllUpdate,
    { args: [request], startWorkflowOperation },
  );
}
