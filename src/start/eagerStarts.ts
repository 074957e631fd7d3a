/** Starts whose answer brings the first workflow task to this process, which saves a step of the server. */
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Workflows } from '../contract/workflows.js';

const MESSAGE: keyof Workflows = 'deliverMessage';

/** A message without any activity, as a muted one, or one whose account is at its limit, keeps others from it for so long. */
const WAITS_AT_MOST_MS = 30_000;

/**
 * Asks for an eager start of a message's workflow while no other message waits. A message that is started eagerly overtakes all
 * those whose first task waits in its queue, and they would wait as long as others come.
 */
export class EagerStarts {
  /** The messages whose first activity hasn't begun, with the time of their start, the oldest first. */
  readonly #waiting = new Map<string, number>();

  readonly client: WorkflowClientInterceptor = {
    startWithDetails: async (input, next) => {
      const { startDelay, workflowId } = input.options;
      if (input.workflowType !== MESSAGE || startDelay !== undefined) return await next(input);
      if (this.#waiting.has(workflowId)) return await next(input);
      const requestEagerStart = !this.#isAnyWaiting();
      this.#waiting.set(workflowId, performance.now());
      try {
        return await next({ ...input, options: { ...input.options, requestEagerStart } });
      } catch (error) {
        this.#waiting.delete(workflowId);
        throw error;
      }
    },
  };

  /** Sees which messages have begun. */
  readonly activity: ActivityInterceptorsFactory = ({ info }) => {
    this.#waiting.delete(info.workflowExecution?.workflowId ?? '');
    return {};
  };

  #isAnyWaiting(): boolean {
    const longAgo = performance.now() - WAITS_AT_MOST_MS;
    for (const [workflowId, since] of this.#waiting) {
      if (since > longAgo) break;
      this.#waiting.delete(workflowId);
    }
    return this.#waiting.size > 0;
  }
}
