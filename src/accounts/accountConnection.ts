import type { ConfiguredAccount } from '../config/configuration.js';
import { DeliveryError, type FailureReason } from '../domain/delivery.js';
import type { DestinationAdapter } from '../destinations/destination.js';
import type { AccountTrouble } from '../contract/accountTrouble.js';
import type { Destination } from '../domain/destination.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { AccountPace, type Slowdown } from './accountPace.js';
import { Turnstile, type Turn } from './turnstile.js';

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
const LONGEST_TRIAL_MS = 60_000;

interface Refusal {
  detail: string;
  trialAt: number;
  trialMs: number;
}

/** One call with the account's present credentials. */
export interface AccountCall {
  adapter: DestinationAdapter;
  startedAt: number;
}

export interface AccountReports {
  /** What is wrong with the whole account, once for each time that it is detected. */
  trouble: (trouble: AccountTrouble) => void;
  /** The platform limits the whole account. */
  slowdown: (slowdown: Slowdown, detail: string) => void;
}

/**
 * One account in this worker process: the adapter with its present credentials, and when it may be used. Once the platform
 * has refused the credentials, nothing more is sent with them; when it limits the whole account, calls go out at the pace that
 * it takes. Deliveries wait here for their turn, those that were due first before the others.
 */
export class AccountConnection {
  readonly account: ConfiguredAccount;
  readonly #reports: AccountReports;
  readonly #pace: AccountPace;
  readonly #turnstile = new Turnstile(
    (now) => Math.max(this.#refusal?.trialAt ?? 0, this.#pace.nextCallAt(now)),
    (now) => {
      this.#postponeTrial();
      this.#pace.begin(now);
    },
  );
  #adapter: DestinationAdapter | undefined;
  #refusal: Refusal | undefined;

  /** @param random a number in [0, 1), for the jitter of pauses */
  constructor(account: ConfiguredAccount, reports: AccountReports, random = Math.random) {
    this.account = account;
    this.#reports = reports;
    this.#pace = new AccountPace(random);
  }

  /** Whether the platform limits the whole account, or its pace is still reduced after that. */
  get isLimited(): boolean {
    return this.#pace.isLimited;
  }

  /** Whether single calls find out whether the platform still limits the account. */
  get isProbing(): boolean {
    return this.#pace.isProbing;
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

  /** Ends every wait, so that deliveries return to their queue. For a process that stops. */
  close(): void {
    this.#turnstile.close();
  }

  /**
   * Resolves when it is this delivery's turn to use the account: mostly at once.
   *
   * @throws AccountHeldBack when that has taken too long
   */
  async acquire(turn: Turn): Promise<AccountCall> {
    const until = performance.now() + turn.waitsAtMostMs;
    for (;;) {
      const waitsAtMostMs = until - performance.now();
      if (!(await this.#turnstile.pass({ ...turn, waitsAtMostMs }))) throw this.#heldBack();
      const adapter = this.#adapter ?? this.#tryToCreate();
      if (adapter) return { adapter, startedAt: performance.now() };
    }
  }

  /**
   * Records the result of a call.
   *
   * @returns whether it failed because the account is unavailable, so that the message must be held back
   */
  recordResult(
    { adapter, startedAt }: AccountCall,
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
    const limited = error?.reason === 'rate_limited' ? error : undefined;
    if (!limited?.separateLimit && (!error || limited || isAnswer(error))) {
      const call = { destination, startedAt, limited };
      const slowdown = this.#pace.record(call, performance.now());
      if (slowdown) this.#reports.slowdown(slowdown, error?.message ?? '');
    }
    this.#turnstile.update();
    return false;
  }

  /** Reads the credentials again and asks the platform whether they work. If so, the account may be used again. */
  async check(): Promise<{ identity: string }> {
    const adapter = this.#create();
    const answer = await adapter.check();
    this.#adapter = adapter;
    this.#refusal = undefined;
    this.#turnstile.update();
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

  #tryToCreate(): DestinationAdapter | undefined {
    try {
      this.#adapter = this.#create();
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      this.#refuse(error.message);
    }
    return this.#adapter;
  }

  #refuse(detail: string): void {
    this.#adapter = undefined;
    this.#refusal ??= { detail, trialAt: 0, trialMs: FIRST_TRIAL_MS / 2 };
    this.#refusal.detail = detail;
    this.#postponeTrial();
    this.#reports.trouble({ kind: 'credentials_rejected', detail });
  }

  #postponeTrial(): void {
    if (!this.#refusal) return;
    const trialMs = Math.min(LONGEST_TRIAL_MS, this.#refusal.trialMs * 2);
    Object.assign(this.#refusal, { trialMs, trialAt: performance.now() + trialMs });
  }

  #heldBack(): AccountHeldBack {
    return this.#refusal
      ? new AccountHeldBack('credentials_rejected', this.#refusal.detail)
      : new AccountHeldBack('rate_limited', 'The platform limits the whole account.');
  }
}

/** Whether the platform has read the request, so that it had room for it. Nothing follows from one that it never got. */
function isAnswer({ httpStatus }: DeliveryError): boolean {
  return httpStatus !== undefined && httpStatus < 500;
}

/** Whether the account's credentials were refused. If each destination has its own, only that destination is affected. */
export function isRefusal({ platform }: ConfiguredAccount, { reason }: DeliveryError): boolean {
  return reason === 'credentials_rejected' && platform.credentials === 'account';
}
