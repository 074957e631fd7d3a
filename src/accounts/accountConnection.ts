import type { ConfiguredAccount } from '../config/configuration.js';
import { DeliveryError, type FailureReason } from '../domain/delivery.js';
import type { DestinationAdapter } from '../destinations/destination.js';
import type { AccountTrouble } from '../contract/accountTrouble.js';
import type { Destination } from '../domain/destination.js';
import { ConfigurationError } from '../lib/configurationError.js';

/** The account must not be called now. Not the message's fault, and no attempt at it. */
export class AccountHeldBack extends Error {
  override readonly name = 'AccountHeldBack';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * While credentials are refused, one delivery at a time tries them again: after this time, and then more and more seldom.
 * The account's queue is stopped meanwhile, so that this is for servers that can't stop one, and for a worker that another
 * worker's check has not reached.
 */
const FIRST_TRIAL_MS = 15_000;
const LONGEST_TRIAL_MS = 5 * 60_000;

/** So many destinations that are refused within this time are the account's limit, not each one's own. */
const ACCOUNT_WIDE_DESTINATIONS = 3;
const ACCOUNT_WIDE_MS = 5_000;
/** As long as the account is held back where the platform names no time, and at most: it may be a mistake about one. */
const DEFAULT_RETRY_AFTER_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

interface Refusal {
  detail: string;
  trialAt: number;
  trialMs: number;
}

/**
 * One account in this worker process: the adapter with its present credentials, and whether it may be called. Once the
 * platform has refused the credentials nothing more is sent with them; the deliveries that come are held back.
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
   * @param report what is wrong with the whole account, once each time it turns out
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

  /** Reads the credentials. What is wrong with them, where they can't be read; it has been reported then. */
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

  /** The adapter to make one attempt with. Throws AccountHeldBack while the account must not be called. */
  use(): DestinationAdapter {
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
   * Takes note of what an attempt came to.
   *
   * @returns whether it failed for the account's sake, so that the message is to be held back
   */
  note(
    adapter: DestinationAdapter | undefined,
    destination: Destination,
    error: DeliveryError | undefined,
  ): boolean {
    if (error && isRefusal(this.account, error)) {
      // Of many that were under way, the first speaks for all; and what older credentials came to says nothing of these.
      if (adapter === this.#adapter) this.#refuse(error.message);
      return true;
    }
    const isAccepted = !error || (error.outcome === 'permanent' && error.httpStatus !== undefined);
    if (isAccepted && adapter === this.#adapter) this.#refusal = undefined;
    if (error?.reason === 'rate_limited') this.#noteLimit(destination, error);
    return false;
  }

  /** Reads the credentials again and asks the platform whether they work; if so, the account may be called again. */
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

  #noteLimit(destination: Destination, { message, retryAfterMs }: DeliveryError): void {
    const now = this.#now();
    const waitMs = Math.min(retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, LONGEST_PAUSE_MS);
    this.#limited.set(destination, { at: now, waitMs });
    for (const [each, { at }] of this.#limited) {
      if (now - at > ACCOUNT_WIDE_MS) this.#limited.delete(each);
    }
    if (this.#limited.size < ACCOUNT_WIDE_DESTINATIONS || now < this.#limitedUntil) return;
    // Each that was told to wait for longer does so by itself.
    const pauseMs = Math.min(...[...this.#limited.values()].map((each) => each.waitMs));
    this.#limited.clear();
    this.#limitedUntil = now + pauseMs;
    this.#report({ kind: 'rate_limited', detail: message, retryAfterMs: pauseMs });
  }
}

/** Where each destination has credentials of its own, a refusal is that destination's. */
export function isRefusal({ platform }: ConfiguredAccount, { reason }: DeliveryError): boolean {
  return reason === 'credentials_rejected' && platform.credentials === 'account';
}

function heldBack(detail: string): AccountHeldBack {
  return new AccountHeldBack('credentials_rejected', detail);
}
