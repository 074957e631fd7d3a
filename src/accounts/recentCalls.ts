import type { Destination } from '../domain/destination.js';

/** How far back calls say something about the present. */
const WINDOW_MS = 10_000;
/** The share of 429s is judged over so many of the last calls: no more, so that a new limit is noticed soon; and no fewer. */
const MOST_CALLS = 40;
const LEAST_CALLS = 12;
/** Of each destination so many of its last calls count, if they are among so many of all. */
const CALLS_OF_DESTINATION = 3;
const MOST_CALLS_OF_DESTINATIONS = 400;
/** Fewer limited destinations say nothing about the account. */
const LEAST_DESTINATIONS = 3;
/** From these shares on the account is limited: of its calls, and where each destination counts once. */
const LIMITED_SHARE = 0.4;
const LIMITED_SHARE_OF_DESTINATIONS = 0.3;
/** Of these spans, the busiest tells the usual rate: a longer one may begin with a lull. */
const RATE_SPANS_MS = [WINDOW_MS / 2, WINDOW_MS];
/** Enough to tell the rate before the calls that are judged. */
const KEPT_CALLS = 1_000;
/** The rate is counted over at least this time. */
const SHORTEST_SPAN_MS = 1_000;

interface RecentCall {
  destination: Destination;
  at: number;
  isLimited: boolean;
}

/** The calls that this process has lately made with one account, and what their results say about the account. */
export class RecentCalls {
  #calls: RecentCall[] = [];

  add(destination: Destination, isLimited: boolean, now: number): void {
    this.#calls.push({ destination, at: now, isLimited });
    // In batches: moving all entries for each call would take more time than the call.
    if (this.#calls.length > 2 * KEPT_CALLS) this.#calls = this.#calls.slice(-KEPT_CALLS);
  }

  clear(): void {
    this.#calls = [];
  }

  /**
   * Whether the platform limits the account as a whole: it answers a large share of the account's last calls with 429, and
   * a large share where each destination counts once. The second part matters where a few busy destinations are beyond
   * their own limits: their retries may be most of the calls.
   */
  isAccountLimited(now: number): boolean {
    if (this.limitedShare(now) < LIMITED_SHARE) return false;
    const shares = [...this.#byDestination(now).values()].map(share);
    const limited = shares.filter((each) => each > 0).length;
    return limited >= LEAST_DESTINATIONS && mean(shares) >= LIMITED_SHARE_OF_DESTINATIONS;
  }

  /** The share of the last calls that were answered 429; 0 while they are too few to tell. */
  limitedShare(now: number): number {
    const last = this.#calls.slice(-MOST_CALLS).filter(({ at }) => now - at <= WINDOW_MS);
    return last.length < LEAST_CALLS ? 0 : share(last);
  }

  /**
   * How many calls a second the platform accepted before it began to limit the account. Where those were too few to tell, how
   * many were made lately.
   */
  perSecondBefore(now: number): number {
    const judged = this.#within(WINDOW_MS, now).slice(-MOST_CALLS);
    const limitedFrom = judged.find(({ isLimited }) => isLimited)?.at ?? now;
    const accepted = this.#calls.filter(
      ({ at, isLimited }) => !isLimited && at <= limitedFrom && limitedFrom - at <= WINDOW_MS,
    );
    return accepted.length < LEAST_CALLS ? rateOf(judged, now) : rateOf(accepted, limitedFrom);
  }

  /** The last calls to each destination. */
  #byDestination(now: number): Map<Destination, RecentCall[]> {
    const calls = new Map<Destination, RecentCall[]>();
    for (const call of this.#within(WINDOW_MS, now).slice(-MOST_CALLS_OF_DESTINATIONS)) {
      const earlier = calls.get(call.destination) ?? [];
      calls.set(call.destination, [...earlier, call].slice(-CALLS_OF_DESTINATION));
    }
    return calls;
  }

  #within(spanMs: number, now: number): RecentCall[] {
    const first = this.#calls.findIndex(({ at }) => now - at <= spanMs);
    return first === -1 ? [] : this.#calls.slice(first);
  }
}

function share(calls: readonly RecentCall[]): number {
  return calls.filter(({ isLimited }) => isLimited).length / calls.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rateOf(calls: readonly RecentCall[], now: number): number {
  const age = now - (calls[0]?.at ?? now);
  const rates = RATE_SPANS_MS.map((spanMs) => {
    const within = calls.filter(({ at }) => now - at <= spanMs).length;
    return (1_000 * within) / Math.max(SHORTEST_SPAN_MS, Math.min(spanMs, age));
  });
  return Math.max(...rates);
}
