/**
 * The pace of one account's calls in this process. As long as the platform takes them, calls go out as they come. When it
 * limits the whole account, the process pauses and then sends one call at a time to find out whether the limit is over. The
 * first accepted one starts a reduced pace, which is raised steadily until it no longer matters: additive increase,
 * multiplicative decrease, as TCP does it. So processes that share an account need no agreement: each adapts to what is left.
 */
import type { Destination } from '../domain/destination.js';
import { RecentCalls } from './recentCalls.js';

/** Between two single calls while the account is limited, if the platform doesn't ask for a longer time. */
const PROBE_INTERVAL_MS = 3_000;
/** The longest that a Retry-After of one destination stops the whole account. That destination waits for it by itself. */
const LONGEST_PAUSE_MS = 60_000;
/** Processes that paused at the same time don't return at the same time. */
const JITTER = 0.1;
/** The pace after a pause, as a share of the rate that was measured before it. */
const DECREASE = 0.5;
/** The pace grows by this share of the usual rate each second: from half to all of it in a little more than three seconds. */
const INCREASE_PER_SECOND = 0.15;
/** Beyond the usual rate, the pace returns to it when this share of the calls is answered 429. */
const TOLERATED_SHARE = 0.25;
/** Beyond this multiple of the usual rate, a pace that the platform has not refused is no limit any more. */
const UNLIMITED_FROM = 2;
/** In calls per second: a rate that was measured while little was sent must not become the limit. */
const LEAST_PACE = 1;
/** A delayed timer is made up for within this time. */
const CATCH_UP_MS = 50;

type State =
  | { kind: 'unlimited' }
  /** One call at a time, the next at `nextAt`. */
  | { kind: 'probing'; since: number; nextAt: number }
  /** At most so many calls a second, which was last raised at `raisedAt`. */
  | { kind: 'paced'; since: number; nextAt: number; perSecond: number; raisedAt: number };

export interface CallResult {
  destination: Destination;
  /** When the call began. */
  startedAt: number;
  /** Set where the platform answered 429: the time that it asked for, if it named one. */
  limited?: { retryAfterMs: number | undefined } | undefined;
}

/** The account has just been found to be limited. */
export interface Slowdown {
  /** How long nothing is sent. */
  pauseMs: number;
  /** In calls per second: the rate that was measured before. */
  perSecondBefore: number;
}

/** Times are milliseconds of one clock, which the caller reads. */
export class AccountPace {
  readonly #random: () => number;
  readonly #recent = new RecentCalls();
  #retryAfters: number[] = [];
  #state: State = { kind: 'unlimited' };
  /** Calls per second before the account was limited: the measure of how fast the pace may rise. */
  #usual = 0;
  #resumeAt = LEAST_PACE;

  /** @param random a number in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the platform limits the account, or did so until so recently that its pace is still reduced. */
  get isLimited(): boolean {
    return this.#state.kind !== 'unlimited';
  }

  /** Whether calls go out one at a time, to find out whether the limit is over. */
  get isProbing(): boolean {
    return this.#state.kind === 'probing';
  }

  /** The earliest time of the next call. It may have passed. */
  nextCallAt(now: number): number {
    this.#raisePace(now);
    return this.#state.kind === 'unlimited' ? now : this.#state.nextAt;
  }

  /** A call begins. */
  begin(now: number): void {
    const state = this.#state;
    if (state.kind === 'probing') state.nextAt = now + this.#withJitter(PROBE_INTERVAL_MS);
    if (state.kind === 'paced') {
      state.nextAt = Math.max(state.nextAt, now - CATCH_UP_MS) + 1_000 / state.perSecond;
    }
  }

  /** @returns what follows for the account, where this call shows that the platform limits it */
  record({ destination, limited, startedAt }: CallResult, now: number): Slowdown | undefined {
    const state = this.#state;
    // It began under the pace before this one, about which enough is known.
    if (state.kind !== 'unlimited' && startedAt < state.since) return undefined;
    if (state.kind === 'probing') {
      if (limited) state.nextAt = Math.max(state.nextAt, now + pauseOf(limited.retryAfterMs));
      else this.#resume(now);
      return undefined;
    }
    this.#recent.add(destination, limited !== undefined, now);
    if (!limited) return undefined;
    this.#retryAfters = [...this.#retryAfters, pauseOf(limited.retryAfterMs)].slice(-10);
    return this.#recent.isAccountLimited(now) ? this.#slowDown(now) : undefined;
  }

  #slowDown(now: number): Slowdown {
    const measured = Math.max(LEAST_PACE, this.#recent.perSecondBefore(now));
    // Until it is unlimited again, what is measured is only what was left: by it, the pace would rise more slowly each time,
    // and of several processes those with the smallest share most slowly.
    this.#usual = this.isLimited ? Math.max(measured, this.#usual) : measured;
    this.#resumeAt = Math.max(LEAST_PACE, DECREASE * measured);
    const pauseMs = this.#withJitter(Math.min(...this.#retryAfters));
    this.#recent.clear();
    this.#retryAfters = [];
    this.#state = { kind: 'probing', since: now, nextAt: now + pauseMs };
    return { pauseMs, perSecondBefore: measured };
  }

  #resume(now: number): void {
    const perSecond = this.#resumeAt;
    this.#state = { kind: 'paced', since: now, nextAt: now, perSecond, raisedAt: now };
  }

  #raisePace(now: number): void {
    const state = this.#state;
    if (state.kind !== 'paced') return;
    state.perSecond += (INCREASE_PER_SECOND * this.#usual * (now - state.raisedAt)) / 1_000;
    state.raisedAt = now;
    if (state.perSecond > this.#usual && this.#recent.limitedShare(now) >= TOLERATED_SHARE) {
      state.perSecond = this.#usual;
      this.#recent.clear();
    }
    if (state.perSecond >= UNLIMITED_FROM * this.#usual) this.#state = { kind: 'unlimited' };
  }

  #withJitter(ms: number): number {
    return ms * (1 + JITTER * this.#random());
  }
}

function pauseOf(retryAfterMs: number | undefined): number {
  return Math.min(retryAfterMs ?? PROBE_INTERVAL_MS, LONGEST_PAUSE_MS);
}
