/** People's decisions on all dead letters of some destinations: asked of their queues, and followed in the queues' memos. */
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { WorkflowIdConflictPolicy } from '@temporalio/common';
import type { Workflows } from '../contract/workflows.js';
import { discardAllUpdate, retryAllUpdate } from '../contract/signals.js';
import { deadLetterQueueId, WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import { destinationAttribute } from '../contract/searchAttributes.js';
import type {
  BulkDecision,
  BulkRequest,
  DeadLetterQueueMemo,
} from '../contract/deadLetterQueue.js';
import type { Destination } from '../domain/destination.js';

/** A decision as one of its destinations' queues makes it. */
export interface DestinationDecision extends BulkDecision {
  destination: Destination;
}

/**
 * Asks a destination's queue, which is started where it doesn't run, to decide on all that waits there. Resolves when the
 * queue has taken it, which needs a worker; asked again with the same id it is the same decision.
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
      staticSummary: `Dead letters of ${destination}`,
    },
  );
  return await client.workflow.executeUpdateWithStart(
    action === 'retry' ? retryAllUpdate : discardAllUpdate,
    { args: [request], startWorkflowOperation },
  );
}

/** How far a decision has come at each of its destinations; none where no queue knows of it (yet). */
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
