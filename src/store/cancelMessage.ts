import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';

/** Who cancels where nobody gives a name. */
const API_IDENTITY = 'sendproof-api';

/** Asks for the end of a message's newest run. Temporal keeps who asked, and why. */
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
