import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { Problem } from './problem.js';

/** The answer to an update, which a worker has to give. Throws a Problem if none does before the deadline. */
export async function answeredByWorker<Answer>(update: Promise<Answer>): Promise<Answer> {
  try {
    return await update;
  } catch (error) {
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
    throw new Problem(
      'no_worker',
      'No worker accepted the decision in time. Start a worker, then send the request again. What was decided already is not done twice.',
      { cause: error, retryAfterSeconds: 5 },
    );
  }
}
