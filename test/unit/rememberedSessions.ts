/** Temporal as the store of the sessions of the pages. */
import proto from '@temporalio/proto';
import { PAGE_SESSION } from '../../src/contract/names.js';
import type { Call } from './temporalService.js';

const { WORKFLOW_EXECUTION_STATUS_RUNNING: RUNNING, WORKFLOW_EXECUTION_STATUS_TERMINATED: ENDED } =
  proto.temporal.api.enums.v1.WorkflowExecutionStatus;

interface Asked {
  workflowType?: { name?: string };
  workflowId?: string;
  execution?: { workflowId?: string };
  workflowExecution?: { workflowId?: string };
}

/**
 * Answers the calls about sessions, and returns undefined for all others.
 *
 * @param sessions the statuses by workflow id
 * @param typeName of their workflows, as Temporal describes them
 */
export function rememberedSessions(
  sessions = new Map<string, number>(),
  typeName: string = PAGE_SESSION.workflowType,
): (call: Call) => object | undefined {
  return ({ method, request }) => {
    const { execution, workflowExecution, workflowId = '', workflowType } = request as Asked;
    const id = execution?.workflowId ?? workflowExecution?.workflowId ?? workflowId;
    if (method === 'startWorkflowExecution' && workflowType?.name === PAGE_SESSION.workflowType) {
      sessions.set(id, RUNNING);
      return { runId: '0a1b2c3d-0000-4000-8000-000000000002', started: true };
    }
    const status = sessions.get(id);
    if (status === undefined) return undefined;
    if (method === 'terminateWorkflowExecution') sessions.set(id, ENDED);
    const type = { name: typeName };
    return { workflowExecutionInfo: { status, type } };
  };
}
