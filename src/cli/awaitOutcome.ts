/** Waits for the outcome of a message: every delivery is confirmed, has failed, or needs a decision. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryStatus } from '../domain/delivery.js';
import { hasSettled, isDecided } from '../domain/messageState.js';
import type { ApiClient, KnownMessage } from './apiClient.js';
import { ApiProblem, UnreachableError } from './errors.js';
import { ExitCode } from './exitCode.js';

const FIRST_INTERVAL_MS = 100;
const INTERVAL_FACTOR = 1.5;
const LONGEST_INTERVAL_MS = 2_000;

/** Enough for a restart of the API or of Temporal. */
const LONGEST_OUTAGE_MS = 30_000;

/** Well below the minute after which proxies give up a request. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Resolves with the last state of the message when its outcome is known or the timeout ends. A short outage of the API is
 * tolerated. The API holds its answer until something is decided (`?wait=`).
 *
 * @param onState is called with each state that differs from the one before; attempts count too, so that the API is asked again
 *   and again instead
 */
export async function awaitOutcome(
  api: ApiClient,
  deduplicationKey: string,
  timeoutMs: number,
  onState?: (state: KnownMessage) => void,
): Promise<KnownMessage> {
  const deadline = Date.now() + timeoutMs;
  const remainingMs = () => Math.max(0, deadline - Date.now());
  const pause = new Pause();
  let answeredAt = Date.now();
  let shown = '';
  let holds = onState === undefined;
  for (;;) {
    const waitMs = holds ? Math.min(LONGEST_WAIT_MS, remainingMs()) : 0;
    const answer = await api.message(deduplicationKey, waitMs).catch((error: unknown) => {
      // Others wait already, as many as may: the state itself can still be read.
      if (error instanceof ApiProblem && error.type === 'overloaded') holds = false;
      if (isTemporary(error) && Date.now() - answeredAt < LONGEST_OUTAGE_MS) return undefined;
      throw error;
    });
    if (answer) {
      answeredAt = Date.now();
      const now = JSON.stringify(answer);
      // What has just changed may soon change again.
      if (now !== shown) pause.shorten();
      if (now !== shown) onState?.(answer);
      shown = now;
      if (hasOutcome(answer) || remainingMs() === 0) return answer;
    }
    const wasHeld = waitMs > 0 && answer !== undefined && isOpen(answer);
    if (!wasHeld) await pause.take(remainingMs());
  }
}

/** Between two requests: longer each time. */
class Pause {
  #intervalMs = FIRST_INTERVAL_MS;

  shorten(): void {
    this.#intervalMs = FIRST_INTERVAL_MS;
  }

  async take(longestMs: number): Promise<void> {
    await sleep(Math.min(this.#intervalMs, longestMs));
    this.#intervalMs = Math.min(LONGEST_INTERVAL_MS, this.#intervalMs * INTERVAL_FACTOR);
  }
}

/** The exit code of a command that waited. */
export function exitCodeOf(state: KnownMessage): ExitCode {
  if (!hasOutcome(state)) return ExitCode.stillDelivering;
  // A newer message of its conversation is shown.
  const isDone = state.status === 'confirmed' || state.status === 'superseded';
  return isDone ? ExitCode.done : ExitCode.notDelivered;
}

/** A message is `dead_lettered` as soon as one delivery is, while others may still be in progress. */
function hasOutcome(state: KnownMessage): boolean {
  return (
    state.status !== 'queued' &&
    hasSettled(state) &&
    (state.status !== 'dead_lettered' ||
      (state.deadLetters.every((each) => !isDecided(each, state.operatorActions)) &&
        !state.deliveries.some(({ status }) => isInProgress(status))))
  );
}

/** For so long, the API holds its answer. */
function isOpen(state: KnownMessage): boolean {
  return state.status === 'queued' || !hasSettled(state);
}

function isInProgress(status: DeliveryStatus): boolean {
  return status === 'accepted' || status === 'delivering';
}

function isTemporary(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiProblem && error.temporary);
}
