import type { ConfiguredAccount } from '../config/configuration.js';
import { DeliveryError, type FailureReason } from '../domain/delivery.js';
import type { DestinationAdapter } from '../destinations/destination.js';
import type { AccountTrouble } from '../contract/accountTrouble.js';
import type { Destination } from '../domain/destination.js';
import { ConfigurationError } from '../lib/configurationError.js';

/** The account must not be used now. This is no failure of the message, and does not count as an attempt. */
export class AccountHeldBack extends Error {
  override readonly name = 'AccountHeldBack';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * While credentials are refused, one delivery at a time tries them again: first after this time, then after longer and longer
 * times. Usually the account's queue is stopped meanwhile. These trials are for servers that can't stop a queue, and for a
 * worker that doesn't know that another worker's check has succeeded.
 */
const FIRST_TRIAL_MS = 15_000;
const LONGEST_TRIAL_MS = 5 * 60_000;

/** When so many destinations are rate-limited within this time, the limit is the account's, not each destination's. */
const ACCOUNT_WIDE_DESTINATIONS = 3;
const ACCOUNT_WIDE_MS = 5_000;
/** How long the account pauses if the platform names no time, and the longest pause: the conclusion above may be wrong. */
const DEFAULT_RETRY_AFTER_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

interface Refusal {
  detail: string;
  trialAt: number;
  trialMs: number;
}

/**
 * One account in this worker process: the adapter with its present credentials, and whether it may be used. Once the platform
 * has refused the credentials, nothing more is sent with them, and deliveries are held back.
 */
export class AccountConnection {
  readonly account: ConfiguredAccount;
  readonly #report: (trouble: AccountTrouble) => void;
  readonly #now: () => number;
  #adapter: DestinationAdapter | undefined;
  #refusal: Refusal | undefined;
  #limitedUntil = 0;
  readonly #limited = new Map<Destination, { at: number; waitMs: number }>();

  /**
   * @param report called with what is wrong with the whole account, once for each time that it is detected
   * @param now milliseconds of a clock
   */
  constructor(
    account: ConfiguredAccount,
    report: (trouble: AccountTrouble) => void,
    now: () => number = Date.now,
  ) {
    this.account = account;
    this.#report = report;
    this.#now = now;
  }

  /** Reads the credentials. Returns what is wrong if they can't be read; that has been reported then. */
  open(): string | undefined {
    try {
      this.#adapter = this.#create();
      return undefined;
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      this.#refuse(error.message);
      return error.message;
    }
  }

  /** Returns the adapter for one attempt. Throws AccountHeldBack while the account must not be used. */
  acquireAdapter(): DestinationAdapter {
    const now = this.#now();
    if (now < this.#limitedUntil) {
      throw new AccountHeldBack('rate_limited', 'The platform asked the whole account to wait.');
    }
    if (!this.#refusal && this.#adapter) return this.#adapter;
    if (this.#refusal && now < this.#refusal.trialAt) throw heldBack(this.#refusal.detail);
    try {
      this.#postponeTrial();
      this.#adapter = this.#create();
      return this.#adapter;
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      this.#refuse(error.message);
      throw heldBack(error.message);
    }
  }

  /**
   * Records the result of an attempt.
   *
   * @returns whether it failed because the account is unavailable, so that the message must be held back
   */
  recordResult(
    adapter: DestinationAdapter | undefined,
    destination: Destination,
    error: DeliveryError | undefined,
  ): boolean {
    if (error && isRefusal(this.account, error)) {
      // The first refusal marks the account; later ones, and results of earlier credentials, are ignored.
      if (adapter === this.#adapter) this.#refuse(error.message);
      return true;
    }
    const isAccepted = !error || (error.outcome === 'permanent' && error.httpStatus !== undefined);
    if (isAccepted && adapter === this.#adapter) this.#refusal = undefined;
    if (error?.reason === 'rate_limited') this.#recordRateLimit(destination, error);
    return false;
  }

  /** Reads the credentials again and asks the platform whether they work. If so, the account may be used again. */
  async check(): Promise<{ identity: string }> {
    const adapter = this.#create();
    const answer = await adapter.check();
    this.#adapter = adapter;
    this.#refusal = undefined;
    return answer;
  }

  #create(): DestinationAdapter {
    try {
      return this.account.platform.createAdapter(this.account.settings);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      throw new DeliveryError(error.message, {
        outcome: 'permanent',
        reason: 'credentials_rejected',
        cause: error,
      });
    }
  }

  #refuse(detail: string): void {
    this.#adapter = undefined;
    this.#refusal ??= { detail, trialAt: 0, trialMs: FIRST_TRIAL_MS / 2 };
    this.#refusal.detail = detail;
    this.#postponeTrial();
    this.#report({ kind: 'credentials_rejected', detail });
  }

  #postponeTrial(): void {
    if (!this.#refusal) return;
    const trialMs = Math.min(LONGEST_TRIAL_MS, this.#refusal.trialMs * 2);
    Object.assign(this.#refusal, { trialMs, trialAt: this.#now() + trialMs });
  }

  #recordRateLimit(destination: Destination, { message, retryAfterMs }: DeliveryError): void {
    const now = this.#now();
    const waitMs = Math.min(retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, LONGEST_PAUSE_MS);
    this.#limited.set(destination, { at: now, waitMs });
    for (const [each, { at }] of this.#limited) {
      if (now - at > ACCOUNT_WIDE_MS) this.#limited.delete(each);
    }
    if (this.#limited.size < ACCOUNT_WIDE_DESTINATIONS || now < this.#limitedUntil) return;
    // Destinations with a longer Retry-After wait for it on their own.
    const pauseMs = Math.min(...[...this.#limited.values()].map((each) => each.waitMs));
    this.#limited.clear();
    this.#limitedUntil = now + pauseMs;
    this.#report({ kind: 'rate_limited', detail: message, retryAfterMs: pauseMs });
  }
}

/** Whether the account's credentials were refused. If each destination has its own, only that destination is affected. */
export function isRefusal({ platform }: ConfiguredAccount, { reason }: DeliveryError): boolean {
  return reason === 'credentials_rejected' && platform.credentials === 'account';
}

function heldBack(detail: string): AccountHeldBack {
  return new AccountHeldBack('credentials_rejected', detail);
}
