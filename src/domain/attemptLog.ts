import type { Attempt, SearchPosition } from './delivery.js';

/** Enough to diagnose any delivery, and small enough for every heartbeat: at most about 20 kB. */
const KEPT_ATTEMPTS = 100;

/** What may be searched for: a post by itself, or one in a thread. */
export type Sent = 'post' | 'reply';

/** An attempt as it is added to the log, which numbers it. */
export type AttemptEntry = Omit<Attempt, 'number'>;

/**
 * The log of all attempts of a delivery. It travels in the activity's heartbeat details from attempt to attempt and ends in
 * its result or its failure, so that Temporal's history holds it without one extra event.
 */
export class AttemptLog {
  #attempts: Attempt[];

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
    const number = lastNumber(this.#attempts) + 1;
    // Only the latest position is of use, and a cursor may be long.
    const isOver = entry.lookup !== undefined || entry.outcome === 'delivered';
    if (entry.search || isOver) this.#attempts = this.#attempts.map(withoutSearch);
    this.#attempts.push({ number, ...entry });
  }

  /**
   * Where the search for what was sent continues; undefined where it begins.
   *
   * @param as whether a post or a reply is searched for
   */
  searchPosition(as: Sent = 'post'): SearchPosition | undefined {
    const last = this.#attempts
      .slice(lastDelivered(this.#attempts) + 1)
      .findLast(({ search }) => search !== undefined);
    return (last?.as ?? 'post') === as ? last?.search : undefined;
  }

  /**
   * The attempts, the oldest left out where there are very many. Those that the next attempt searches for are left out last:
   * without them it would post again.
   */
  entries(): Attempt[] {
    const excess = this.#attempts.length - KEPT_ATTEMPTS;
    if (excess <= 0) return [...this.#attempts];
    const needed = new Set(this.sent());
    const droppable = this.#attempts.slice(0, -1);
    const dropped = new Set(
      [
        ...droppable.filter((attempt) => !needed.has(attempt)),
        // The first of them has the time from which the search begins.
        ...droppable.filter((attempt) => needed.has(attempt)).slice(1),
      ].slice(0, excess),
    );
    return this.#attempts.filter((attempt) => !dropped.has(attempt));
  }

  /** The last attempt, and as many others as fit into so many bytes of JSON: those first of which it is unknown whether they posted. */
  latest(bytes: number): Attempt[] {
    const [last, ...others] = this.#attempts.map(withoutSearch).reverse();
    if (!last) return [];
    const unknown = new Set(this.unresolved().map(({ number }) => number));
    const kept = [last];
    let left = bytes - JSON.stringify(last).length;
    for (const wanted of [true, false]) {
      for (const attempt of others.filter(({ number }) => unknown.has(number) === wanted)) {
        left -= JSON.stringify(attempt).length;
        if (left >= 0) kept.push(attempt);
      }
    }
    return kept.sort((one, other) => one.number - other.number);
  }

  /**
   * The attempts whose request may have reached the platform, since the last search that had a result: whatever the platform
   * answered, the next attempt searches for their post before it makes another. An attempt that searches posts afterwards, so
   * it is one of them itself. Attempts for an earlier part of the message are not among them: that part is posted.
   */
  sent(): Attempt[] {
    const lastSearched = this.#attempts.findLastIndex(
      ({ lookup }) => lookup === 'found' || lookup === 'absent',
    );
    return this.#attempts
      .slice(Math.max(lastSearched, lastDelivered(this.#attempts) + 1, 0))
      .filter(wasSent);
  }

  /** Those of `sent` that may have made such a post. */
  sentAs(as: Sent): Attempt[] {
    return this.sent().filter((attempt) => (attempt.as ?? 'post') === as || isLost(attempt));
  }

  /**
   * Whether the last attempt found its post, made by an attempt that this log may not know, as after a reset: that one may have
   * made the post of the next part too.
   */
  get endsWithFoundPost(): boolean {
    return this.#attempts.at(-1)?.lookup === 'found';
  }

  /**
   * The attempts of which it is unknown whether they posted: neither the platform's answer nor a search has said so.
   *
   * @param after only attempts with a higher number
   */
  unresolved(after = 0): Attempt[] {
    return this.sent().filter(({ number, outcome }) => outcome === 'ambiguous' && number > after);
  }
}

/**
 * Whether the platform may have received the request of this attempt. It has if it answered, except by asking to slow down:
 * platforms count requests before they read them, and a search for each such answer would double the load.
 */
function wasSent({ as, outcome, httpStatus, reason }: Attempt): boolean {
  // An edit is repeated, without a search for it.
  if (outcome === 'delivered' || as === 'edit') return false;
  return outcome === 'ambiguous' || (httpStatus !== undefined && reason !== 'rate_limited');
}

/** Whether the entry stands for attempts that nobody recorded, of a lost worker or a lost log: what they sent is unknown. */
function isLost({ reason }: Attempt): boolean {
  return reason === 'worker_lost' || reason === 'outcome_unknown';
}

function lastDelivered(attempts: readonly Attempt[]): number {
  return attempts.findLastIndex(({ outcome }) => outcome === 'delivered');
}

/** The attempt as people see it. */
export function withoutSearch(attempt: Attempt): Attempt {
  if (attempt.search === undefined) return attempt;
  const shown = { ...attempt };
  delete shown.search;
  return shown;
}

/** The number of the last attempt; 0 when there was none. */
export function lastNumber(attempts: readonly Attempt[]): number {
  return attempts.at(-1)?.number ?? 0;
}
