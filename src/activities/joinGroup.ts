import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import pLimit, { type LimitFunction } from 'p-limit';
import {
  joinGroupUpdate,
  type JoinGroupInput,
  type JoinGroupResult,
} from '../contract/eventGroup.js';
import { WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import type { Workflows } from '../contract/workflows.js';

/**
 * Temporal refuses a workflow's updates beyond 10 that are under way (`history.maxInFlightUpdates`), so that a burst of events
 * would be refused for the most part, and tried again later. Two processes with workers keep within it.
 */
const MOST_AT_ONCE = 5;

/** Makes the activity that adds an event to its group. A second try of it changes nothing. */
export function createJoinGroup({ client }: { client: Client }) {
  const turns = new Map<string, LimitFunction>();
  return async function joinGroup({ groupId, ...event }: JoinGroupInput): Promise<JoinGroupResult> {
    const turn = turns.get(groupId) ?? pLimit(MOST_AT_ONCE);
    turns.set(groupId, turn);
    try {
      return await turn(() => join(client, groupId, event));
    } finally {
      if (turn.activeCount + turn.pendingCount === 0) turns.delete(groupId);
    }
  };
}

async function join(
  client: Client,
  groupId: string,
  event: Omit<JoinGroupInput, 'groupId'>,
): Promise<JoinGroupResult> {
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
}
