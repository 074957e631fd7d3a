import type { Client } from '@temporalio/client';
import { GRPC_STATUS, grpcFailureOf } from '../temporal/grpcStatus.js';

/** A workflow task that failed so often does not wait for its turn. */
const TRIES = 3;

/** Whether something has happened to the message that the workers have not worked on yet, as a signal. */
export async function waitsForWorker(client: Client, deduplicationKey: string): Promise<boolean> {
  try {
    const { pendingWorkflowTask } = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId: deduplicationKey },
    });
    return pendingWorkflowTask != null && (pendingWorkflowTask.attempt ?? 1) <= TRIES;
  } catch (error) {
    if (grpcFailureOf(error)?.status === GRPC_STATUS.NOT_FOUND) return false;
    throw error;
  }
}
