/** A decision for many destinations: a bounded number at a time, and again where it failed. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';

/** A quarter of the calls that decisions may make at once, so that others can decide meanwhile. */
const AT_ONCE = 10;

const PAUSE_MS = 1_000;

export interface Spread {
  /** How many destinations have accepted the decision so far. */
  accepted: () => number;
  /** The last failure. */
  failure: () => unknown;
  /** Resolves when all have accepted it, or when trying has ended. Never rejects. */
  done: Promise<void>;
}

/**
 * Sends a decision to each destination until it has accepted it.
 *
 * @param decide for one destination; sent twice, it is the same decision
 * @param options.isFinal whether a failure is one that no repetition helps against
 * @param options.giveUp ends the trying
 */
export function decideEverywhere<Destination>(
  destinations: readonly Destination[],
  decide: (destination: Destination) => Promise<unknown>,
  options: { isFinal: (error: unknown) => boolean; giveUp: AbortSignal; pauseMs?: number },
): Spread {
  const { giveUp, isFinal, pauseMs = PAUSE_MS } = options;
  const limit = pLimit(AT_ONCE);
  // Each destination that waits for its next try listens to it.
  setMaxListeners(0, giveUp);
  let accepted = 0;
  let failure: unknown;
  const sendUntilAccepted = async (destination: Destination): Promise<void> => {
    while (!giveUp.aborted) {
      try {
        await limit(async () => {
          if (giveUp.aborted) return;
          await decide(destination);
          accepted += 1;
        });
        return;
      } catch (error) {
        failure = error;
        if (isFinal(error)) return;
        await sleep(pauseMs, undefined, { signal: giveUp }).catch(() => undefined);
      }
    }
  };
  return {
    accepted: () => accepted,
    failure: () => failure,
    done: Promise.all(destinations.map(sendUntilAccepted)).then(() => undefined),
  };
}

const SIZE = /-of-(\d+)$/;

/** The id of a decision for so many destinations. It says how many, so that its progress shows those that lack it. */
export function decisionId(uuid: string, destinations: number): string {
  return destinations === 1 ? uuid : `${uuid}-of-${destinations}`;
}

/** How many destinations the decision with this id is for. */
export function sizeOf(id: string): number {
  return Number(SIZE.exec(id)?.[1] ?? 1);
}
