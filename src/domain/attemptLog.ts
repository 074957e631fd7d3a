import type { Attempt } from './delivery.js';

/** Enough to diagnose any delivery, and small enough for every heartbeat: at most about 20 kB. */
const KEPT_ATTEMPTS = 100;

/** An attempt as it is added to the log, which numbers it. */
export type AttemptEntry = Omit<Attempt, 'number'>;

/**
 * The log of all attempts of a delivery. It travels in the activity's heartbeat details from attempt to attempt and ends in
 * its result or its failure, so that Temporal's history holds it without one extra event.
 */
export class AttemptLog {
  readonly #attempts: Attempt[];

  constructor(attempts: readonly Attempt[]) {
    this.#attempts = [...attempts];
  }

  /**
   * Restores the log at the start of an attempt. Attempts that Temporal counted but that are not in the log belonged
   * to lost workers: whether they posted is unknown.
   *
   * @param heartbeat what the previous attempt of this activity left, if it left anything
   * @param earlier the attempts before this activity was scheduled
   * @param attempt Temporal's number of the present attempt, from 1
   * @param scheduledAt when the activity was scheduled: no lost attempt began before it
   */
  static restore(
    heartbeat: readonly Attempt[] | undefined,
    earlier: readonly Attempt[],
    attempt: number,
    scheduledAt: Date,
  ): AttemptLog {
    const log = new AttemptLog(heartbeat ?? earlier);
    const countedBefore = lastNumber(earlier) + attempt - 1;
    while (lastNumber(log.#attempts) < countedBefore) {
      log.add({
        startedAt: scheduledAt.toISOString(),
        outcome: 'ambiguous',
        reason: 'worker_lost',
      });
    }
    return log;
  }

  add(entry: AttemptEntry): void {
    this.#attempts.push({ number: lastNumber(this.#attempts) + 1, ...entry });
  }

  /** The attempts, the oldest left out where there are very many. */
  entries(): Attempt[] {
    return this.#attempts.slice(-KEPT_ATTEMPTS);
  }

  /**
   * The attempts of which it is still unknown whether they posted: the ambiguous ones since the last search, or since the
   * message was sent again without one. A search that was refused, with nothing sent after it, resolves none of them: the
   * account may have the permission by the time a person asks for a retry.
   */
  unresolved(): Attempt[] {
    const lastResolved = this.#attempts.findLastIndex(
      ({ lookup, outcome }) =>
        lookup !== undefined && !(lookup === 'refused' && outcome === 'permanent'),
    );
    // An attempt searches before it posts: its own outcome may be unknown again.
    return this.#attempts
      .slice(Math.max(lastResolved, 0))
      .filter(({ outcome }) => outcome === 'ambiguous');
  }
}

/** The number of the last attempt; 0 when there was none. */
export function lastNumber(attempts: readonly Attempt[]): number {
  return attempts.at(-1)?.number ?? 0;
}
