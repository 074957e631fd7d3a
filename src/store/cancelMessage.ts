import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';

/** The identity of a cancellation without a name. */
const API_IDENTITY = 'sendproof-api';

/** Requests the cancellation of a message's newest run. Temporal records who requested it, and why. */
export async function cancelMessage(
  client: Client,
  deduplicationKey: string,
  { by = API_IDENTITY, reason }: { by?: string | undefined; reason?: string | undefined },
): Promise<void> {
  await client.workflowService.requestCancelWorkflowExecution({
    namespace: client.workflow.options.namespace,
    workflowExecution: { workflowId: deduplicationKey },
    requestId: randomUUID(),
    identity: by,
    reason: reason ?? null,
  });
}
