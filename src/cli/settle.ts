/** Waiting for a message until its deliveries are confirmed, or until nobody but a person can bring them further. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryStatus } from '../domain/delivery.js';
import type { ApiClient, MessageState } from './apiClient.js';
import { ApiProblem, UnreachableError } from './errors.js';
import { ExitCode } from './exitCode.js';

const FIRST_INTERVAL_MS = 100;
const INTERVAL_FACTOR = 1.5;
const LONGEST_INTERVAL_MS = 2_000;

/** An API that restarts, or Temporal that does, is back by then. */
const PATIENCE_MS = 30_000;

/**
 * Asks for the message again and again until it has settled or the time is up, and resolves with how it then stands. A short
 * absence of the API is waited out.
 *
 * @param onState is called with each state that differs from the one before
 */
export async function settle(
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
      if (isPassing(error) && Date.now() - answeredAt < PATIENCE_MS) return undefined;
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
      if (hasSettled(answer) || Date.now() >= deadline) return answer;
    }
    await sleep(Math.min(intervalMs, Math.max(0, deadline - Date.now())));
    intervalMs = Math.min(LONGEST_INTERVAL_MS, intervalMs * INTERVAL_FACTOR);
  }
}

/** What a command that waited ends with. */
export function exitCodeOf(state: MessageState): ExitCode {
  if (!hasSettled(state)) return ExitCode.stillDelivering;
  return state.status === 'confirmed' ? ExitCode.done : ExitCode.notDelivered;
}

/** One dead letter makes a message `dead_lettered` while its other deliveries go on. */
function hasSettled({ status, deliveries, deadLetters, operatorActions }: MessageState): boolean {
  if (isUnderWay(status)) return false;
  if (status !== 'dead_lettered') return true;
  return (
    !deliveries.some((delivery) => isUnderWay(delivery.status)) &&
    !deadLetters.some((deadLetter) => isDecided(deadLetter, operatorActions))
  );
}

/** A decision that its workflow has received and not yet acted upon: `retry`, and at once `status --wait`. */
function isDecided(
  { destination, at }: MessageState['deadLetters'][number],
  operatorActions: MessageState['operatorActions'],
): boolean {
  return operatorActions.some(
    (action) => action.at > at && (action.destination ?? destination) === destination,
  );
}

function isUnderWay(status: DeliveryStatus): boolean {
  return status === 'accepted' || status === 'delivering';
}

function isPassing(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiProblem && error.passing);
}
