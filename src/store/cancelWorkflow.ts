import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { GRPC_STATUS, grpcFailureOf } from '../temporal/grpcStatus.js';
import { encodeText } from './payloads.js';

/** The identity of a cancellation without a name. */
const API_IDENTITY = 'sendproof-api';

/**
 * Requests the cancellation of the newest run of a message or a batch. Temporal records who requested it, and why. Where somebody else has
 * requested it just now, that is as good.
 */
export async function cancelWorkflow(
  client: Client,
  workflowId: string,
  { by = API_IDENTITY, reason }: { by?: string | undefined; reason?: string | undefined },
): Promise<void> {
  try {
    await client.workflowService.requestCancelWorkflowExecution({
      namespace: client.workflow.options.namespace,
      workflowExecution: { workflowId },
      requestId: randomUUID(),
      identity: by,
      reason:
        reason === undefined ? null : await encodeText(client.options.loadedDataConverter, reason),
    });
  } catch (error) {
    if (grpcFailureOf(error)?.status !== GRPC_STATUS.ALREADY_EXISTS) throw error;
  }
}
