import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import {
  joinGroupUpdate,
  type JoinGroupInput,
  type JoinGroupResult,
} from '../contract/eventGroup.js';
import { WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import type { Workflows } from '../contract/workflows.js';

/** Makes the activity that adds an event to its group. A second try of it changes nothing. */
export function createJoinGroup({ client }: { client: Client }) {
  return async function joinGroup({ groupId, ...event }: JoinGroupInput): Promise<JoinGroupResult> {
    const startWorkflowOperation = new WithStartWorkflowOperation<Workflows['eventGroup']>(
      'eventGroup',
      {
        workflowId: groupId,
        workflowIdConflictPolicy: 'USE_EXISTING',
        taskQueue: WORKFLOW_TASK_QUEUE,
        args: [{}],
        staticSummary: `Events of the route ${event.plan.route}`,
      },
    );
    return await client.workflow.executeUpdateWithStart(joinGroupUpdate, {
      args: [event],
      updateId: event.id,
      startWorkflowOperation,
    });
  };
}
