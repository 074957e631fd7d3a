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
import pLimit, { type LimitFunction } from 'p-limit';
import type { Counter } from 'prom-client';

/** For all tries together. */
const ANSWER_WITHIN_MS = 10_000;
/** A conversation that ends, or continues as new, at the same moment refuses the claim. The next one starts it, or finds the new run. */
const TRIES = 3;

/**
 * Temporal takes ten updates of one workflow at a time, from all workers, and refuses more. An answer takes some 50 ms, so a burst of
 * a hundred messages is answered in time.
 */
const CLAIMS_AT_ONCE = 3;

/** @param claims counts the answers */
export function conversationsBy(client: Client, claims: Counter<'answer'>): Conversations {
  const gates = new Gates(CLAIMS_AT_ONCE);
  const inTurn = async <Result>(workflowId: string, call: () => Promise<Result>) => {
    const deadline = Date.now() + ANSWER_WITHIN_MS;
    return await gates.run(workflowId, () =>
      client.withDeadline(deadline, () => tryOften(() => call())),
    );
  };
  return {
    claim: async (workflowId, claim) => {
      const answer = await inTurn(workflowId, () =>
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

/** Bounds what is done at once for each of many keys. */
class Gates {
  readonly #atOnce: number;
  readonly #gates = new Map<string, { limit: LimitFunction; users: number }>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const gate = this.#gates.get(key) ?? { limit: pLimit(this.#atOnce), users: 0 };
    this.#gates.set(key, gate);
    gate.users += 1;
    try {
      return await gate.limit(work);
    } finally {
      gate.users -= 1;
      if (gate.users === 0) this.#gates.delete(key);
    }
  }
}
