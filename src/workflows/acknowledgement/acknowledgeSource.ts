import { proxyActivities } from '@temporalio/workflow';
import type { AcknowledgementResult } from '../../domain/acknowledgement.js';
import type { AcknowledgementActivities } from '../../contract/activities.js';
import { ACKNOWLEDGEMENT_TASK_QUEUE } from '../../contract/names.js';
import type { AcknowledgeSourceInput } from '../../contract/acknowledge.js';

/** A PagerDuty note looks first, then writes. */
const REQUESTS_PER_ATTEMPT = 2;
/** Time to get going. */
const ATTEMPT_OVERHEAD_MS = 5_000;

/**
 * Tells one recipient of one event, apart from the message's own workflow: whatever becomes of it, the message isn't held up
 * by it. Completed: the recipient has it. Failed: it was refused, or could not be reached as long as it was tried.
 */
export async function acknowledgeSource({
  webhookId,
  plan,
  acknowledgement,
}: AcknowledgeSourceInput): Promise<AcknowledgementResult> {
  const { recipient, retry, requestTimeoutMs, fairnessKey } = plan;
  const { acknowledge } = proxyActivities<AcknowledgementActivities>({
    taskQueue: ACKNOWLEDGEMENT_TASK_QUEUE,
    summary: acknowledgement.type,
    priority: { fairnessKey },
    startToCloseTimeout: REQUESTS_PER_ATTEMPT * requestTimeoutMs + ATTEMPT_OVERHEAD_MS,
    ...(retry.giveUpAfterMs !== undefined && { scheduleToCloseTimeout: retry.giveUpAfterMs }),
    // The activity itself gives the delay, with jitter; this ladder is for attempts whose worker was lost.
    retry: {
      initialInterval: retry.initialDelayMs,
      backoffCoefficient: retry.factor,
      maximumInterval: retry.maximumDelayMs,
      maximumAttempts: retry.attempts,
    },
  });
  return await acknowledge({ webhookId, recipient, retry, acknowledgement });
}
