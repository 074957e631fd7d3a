/** Waits for the outcome of a message: every delivery is confirmed, has failed, or needs a decision. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryStatus } from '../domain/delivery.js';
import type { ApiClient, MessageState } from './apiClient.js';
import { ApiProblem, UnreachableError } from './errors.js';
import { ExitCode } from './exitCode.js';

const FIRST_INTERVAL_MS = 100;
const INTERVAL_FACTOR = 1.5;
const LONGEST_INTERVAL_MS = 2_000;

/** Enough for a restart of the API or of Temporal. */
const LONGEST_OUTAGE_MS = 30_000;

/**
 * Polls the message until its outcome is known or the timeout ends, and resolves with its last state. A short outage of the
 * API is tolerated.
 *
 * @param onState is called with each state that differs from the one before
 */
export async function awaitOutcome(
  api: ApiClient,
  deduplicationKey: string,
  timeoutMs: number,
  onState: (state: MessageState) => void = () => undefined,
): Promise<MessageState> {
  const deadline = Date.now() + timeoutMs;
  let intervalMs = FIRST_INTERVAL_MS;
  let answeredAt = Date.now();
  let shown = '';
  for (;;) {
    const answer = await api.message(deduplicationKey).catch((error: unknown) => {
      if (isTemporary(error) && Date.now() - answeredAt < LONGEST_OUTAGE_MS) return undefined;
      throw error;
    });
    if (answer) {
      answeredAt = Date.now();
      const now = JSON.stringify(answer);
      if (now !== shown) {
        shown = now;
        // What has just changed may soon change again.
        intervalMs = FIRST_INTERVAL_MS;
        onState(answer);
      }
      if (hasOutcome(answer) || Date.now() >= deadline) return answer;
    }
    await sleep(Math.min(intervalMs, Math.max(0, deadline - Date.now())));
    intervalMs = Math.min(LONGEST_INTERVAL_MS, intervalMs * INTERVAL_FACTOR);
  }
}

/** The exit code of a command that waited. */
export function exitCodeOf(state: MessageState): ExitCode {
  if (!hasOutcome(state)) return ExitCode.stillDelivering;
  return state.status === 'confirmed' ? ExitCode.done : ExitCode.notDelivered;
}

/** A message is `dead_lettered` as soon as one delivery is, while others may still be in progress. */
function hasOutcome({ status, deliveries, deadLetters, operatorActions }: MessageState): boolean {
  if (isInProgress(status)) return false;
  if (status !== 'dead_lettered') return true;
  return (
    !deliveries.some((delivery) => isInProgress(delivery.status)) &&
    !deadLetters.some((deadLetter) => isDecided(deadLetter, operatorActions))
  );
}

/** Whether the workflow has received a decision that it has not yet carried out, as for `status --wait` right after `retry`. */
function isDecided(
  { destination, at }: MessageState['deadLetters'][number],
  operatorActions: MessageState['operatorActions'],
): boolean {
  return operatorActions.some(
    (action) => action.at > at && (action.destination ?? destination) === destination,
  );
}

function isInProgress(status: DeliveryStatus): boolean {
  return status === 'accepted' || status === 'delivering';
}

function isTemporary(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiProblem && error.temporary);
}
