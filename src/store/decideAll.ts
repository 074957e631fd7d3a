/** People's decisions on all dead letters of some destinations: sent to their queues, and followed in the queues' memos. */
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { WorkflowIdConflictPolicy } from '@temporalio/common';
import type { Workflows } from '../contract/workflows.js';
import { discardAllUpdate, retryAllUpdate } from '../contract/signals.js';
import { deadLetterQueueId, WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import { summary } from '../contract/userMetadata.js';
import { destinationAttribute } from '../contract/searchAttributes.js';
import type {
  BulkDecision,
  BulkRequest,
  DeadLetterQueueMemo,
} from '../contract/deadLetterQueue.js';
import type { Destination } from '../domain/destination.js';

/** A decision as the queue of one of its destinations carries it out. */
export interface DestinationDecision extends BulkDecision {
  destination: Destination;
}

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

/** The progress of a decision at each of its destinations; empty while no queue has it. */
export async function followDecision(client: Client, id: string): Promise<DestinationDecision[]> {
  const found: DestinationDecision[] = [];
  const query = 'WorkflowType = "deadLetterQueue" AND ExecutionStatus = "Running"';
  for await (const { memo, typedSearchAttributes } of client.workflow.list({ query })) {
    const { decisions = [] } = (memo ?? {}) as DeadLetterQueueMemo;
    const decision = decisions.find((each) => each.id === id);
    const [destination] = typedSearchAttributes.get(destinationAttribute) ?? [];
    if (decision && destination !== undefined) {
      found.push({ destination: destination as Destination, ...decision });
    }
  }
  return found;
}
