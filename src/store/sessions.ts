/**
 * The sessions of those who have signed in on the pages. Each is a workflow without code that waits until it is terminated or
 * its time is over, so that the end of a session is known to every process, also after a restart.
 */
import {
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import proto from '@temporalio/proto';
import { PAGE_SESSION } from '../contract/names.js';
import { grpcFailureOf, GRPC_STATUS } from '../temporal/grpcStatus.js';

const { WORKFLOW_EXECUTION_STATUS_RUNNING } = proto.temporal.api.enums.v1.WorkflowExecutionStatus;

/**
 * Begins a session. Rejects where Temporal has one with this id.
 *
 * @param id of the session's workflow: `pageSessionId`
 * @param lifeMs its end, if nothing ends it before
 */
export async function startSession(client: Client, id: string, lifeMs: number): Promise<void> {
  await client.workflow.start(PAGE_SESSION.workflowType, {
    taskQueue: PAGE_SESSION.taskQueue,
    workflowId: id,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    // There is no task before its delay is over, and then no worker: the run ends a minute later.
    startDelay: lifeMs,
    workflowRunTimeout: '1 minute',
  });
}

/** Whether the session was begun and has not ended. */
export async function isSessionOpen(client: Client, id: string): Promise<boolean> {
  try {
    const { workflowExecutionInfo } = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId: id },
    });
    const { status, type } = workflowExecutionInfo ?? {};
    return status === WORKFLOW_EXECUTION_STATUS_RUNNING && type?.name === PAGE_SESSION.workflowType;
  } catch (error) {
    if (isUnknown(error)) return false;
    throw error;
  }
}

/** Ends a session. One that has ended already is left as it is. */
export async function terminateSession(client: Client, id: string): Promise<void> {
  try {
    await client.workflow.getHandle(id).terminate('signed out');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError) && !isUnknown(error)) throw error;
  }
}

/** Not where the namespace is what Temporal doesn't know. */
function isUnknown(error: unknown): boolean {
  const failure = grpcFailureOf(error);
  return failure?.status === GRPC_STATUS.NOT_FOUND && !/^namespace\b/i.test(failure.reason);
}
