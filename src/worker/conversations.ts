import {
  WithStartWorkflowOperation,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client';
import type { Conversations } from '../activities/conversations.js';
import { claimUpdate, reportSignal } from '../contract/conversation.js';
import { CONVERSATION_TASK_QUEUE } from '../contract/names.js';
import type { Workflows } from '../contract/workflows.js';
import type { Counter } from 'prom-client';

/** For all tries together. */
const ANSWER_WITHIN_MS = 10_000;
/** A conversation that ends, or continues as new, at the same moment refuses the claim. The next one starts it, or finds the new run. */
const TRIES = 3;

/** @param claims counts the answers */
export function conversationsBy(client: Client, claims: Counter<'answer'>): Conversations {
  return {
    claim: async (workflowId, claim) => {
      const answer = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
        tryOften(() =>
          client.workflow.executeUpdateWithStart(claimUpdate, {
            args: [claim],
            startWorkflowOperation: new WithStartWorkflowOperation<Workflows['conversation']>(
              'conversation',
              {
                workflowId,
                taskQueue: CONVERSATION_TASK_QUEUE,
                args: [{}],
                workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
                workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
              },
            ),
          }),
        ),
      );
      claims.inc({ answer: answer.act });
      return answer;
    },
    report: (workflowId, report) =>
      client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
        client.workflow.getHandle(workflowId).signal(reportSignal, report),
      ),
  };
}

async function tryOften<Result>(call: () => Promise<Result>, tries = TRIES): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (tries <= 1) throw error;
    return await tryOften(call, tries - 1);
  }
}
