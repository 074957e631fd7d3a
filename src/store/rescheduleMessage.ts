import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { rescheduleUpdate } from '../contract/signals.js';
import type { RescheduleRefusal, RescheduleRequest } from '../domain/rescheduling.js';

/**
 * Gives a message other times, through the worker that runs it. `ended`: the run has ended meanwhile. `unknown_to_worker`: the
 * worker is of a release that can't.
 *
 * @returns undefined once the new times apply
 */
export async function rescheduleMessage(
  client: Client,
  { deduplicationKey, runId }: { deduplicationKey: string; runId: string },
  request: RescheduleRequest,
): Promise<RescheduleRefusal | 'ended' | 'unknown_to_worker' | undefined> {
  try {
    await client.workflow
      .getHandle(deduplicationKey, runId)
      .executeUpdate(rescheduleUpdate, { args: [request] });
    return undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ended';
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    const { type } = (error.cause ?? {}) as { type?: string };
    return isRefusal(type) ? type : 'unknown_to_worker';
  }
}

function isRefusal(type: string | undefined): type is RescheduleRefusal {
  return type === 'begun' || type === 'expires_first' || type === 'erased_first';
}
