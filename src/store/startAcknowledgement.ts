import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { acknowledgementIds, WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import { traceIdAttribute } from '../contract/searchAttributes.js';
import { summary } from '../contract/userMetadata.js';
import type { Workflows } from '../contract/workflows.js';
import {
  recipientName,
  type Acknowledgement,
  type AcknowledgementPlan,
} from '../domain/acknowledgement.js';

/**
 * Starts an acknowledgement that belongs to no message's workflow.
 *
 * @param uuid the same for the same acknowledgement: it is started once
 */
export async function startAcknowledgement(
  client: Client,
  uuid: string,
  plan: AcknowledgementPlan,
  acknowledgement: Acknowledgement,
): Promise<void> {
  const { webhookId, workflowId } = acknowledgementIds(uuid, plan.recipient);
  try {
    await client.workflow.start<Workflows['acknowledgeSource']>('acknowledgeSource', {
      taskQueue: WORKFLOW_TASK_QUEUE,
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      args: [{ webhookId, plan, acknowledgement }],
      typedSearchAttributes: [{ key: traceIdAttribute, value: acknowledgement.data.traceId }],
      staticSummary: summary(`${acknowledgement.type} → `, recipientName(plan.recipient)),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
