/** A message that Temporal doesn't accept, and doesn't say why in time: a connection repeats some refusals until the deadline. */
import type { WriteProof } from '../temporal/writeProof.js';
import { Problem } from './problem.js';
import { RETRY_AFTER_SECONDS, SEND_AGAIN, temporalProblem } from './temporalProblem.js';

/** Then readiness finds out, before the call's deadline of 8 s, whether Temporal accepts writes at all. */
const ASK_AFTER_MS = 2_000;

/** Runs the acceptance of a message. Where it ends without an answer, the problem has Temporal's reason, as `/readyz` has it. */
export async function tellingRefusals<Result>(
  writes: WriteProof,
  accept: () => Promise<Result>,
): Promise<Result> {
  const asking = setTimeout(() => void writes.fault(), ASK_AFTER_MS);
  try {
    return await accept();
  } catch (error) {
    const reason = writes.refusal;
    const isSilence = temporalProblem(error)?.type === 'temporal_unavailable';
    if (reason === undefined || !isSilence) throw error;
    throw new Problem(
      'temporal_unavailable',
      `Temporal can be reached, but doesn’t accept messages (${reason}). An operator has to check its log, and whether its disk or its database is full or read-only. ${SEND_AGAIN}`,
      { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  } finally {
    clearTimeout(asking);
  }
}
