import { ActivityCancelledError, type Client } from '@temporalio/client';
import type { ConfirmAttempt } from '../activities/lease.js';

/** Shorter than the heartbeat time-out, which begins anew when Temporal answers. */
const CONFIRM_WITHIN_MS = 4_000;

/**
 * Confirms attempts by a heartbeat of their own. The worker's heartbeats don't tell whether Temporal received them: it sends them
 * in the background.
 */
export function confirmAttemptBy(client: Client): ConfirmAttempt {
  return async (taskToken, attempts) => {
    try {
      await client.withDeadline(Date.now() + CONFIRM_WITHIN_MS, () =>
        client.activity.heartbeat(taskToken, attempts),
      );
      return 'current';
    } catch (error) {
      if (error instanceof ActivityCancelledError) return 'cancelled';
      throw error;
    }
  };
}
