import { proxyActivities } from '@temporalio/workflow';
import type { AcknowledgementResult } from '../../domain/acknowledgement.js';
import type { AcknowledgementActivities } from '../../contract/activities.js';
import { ACKNOWLEDGEMENT_TASK_QUEUE } from '../../contract/names.js';
import type { AcknowledgeSourceInput } from '../../contract/acknowledge.js';

/** A PagerDuty note looks first, then writes. */
const REQUESTS_PER_ATTEMPT = 2;
/** For everything but the requests. */
const ATTEMPT_OVERHEAD_MS = 5_000;

/**
 * Acknowledges one event to one recipient, in a workflow of its own so that it never delays the message. Completed: the
 * recipient has accepted it. Failed: the recipient refused it, or could not be reached within the retry profile.
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
    // The activity itself gives the delay, with jitter; this backoff is for attempts whose worker was lost.
    retry: {
      initialInterval: retry.initialDelayMs,
      backoffCoefficient: retry.factor,
      maximumInterval: retry.maximumDelayMs,
      maximumAttempts: retry.attempts,
    },
  });
  return await acknowledge({ webhookId, recipient, retry, acknowledgement });
}
