/** What workers report to the `accountTrouble` workflow of an account. */
import { defineSignal } from '@temporalio/workflow';
import type { AccountId } from '../domain/account.js';

/** Why a whole account is unavailable, whatever the message. Never holds a credential. */
export interface AccountTrouble {
  kind: 'credentials_rejected' | 'rate_limited';
  /** For a person to read. */
  detail: string;
  /** How long the platform asked the account to wait. */
  retryAfterMs?: number | undefined;
}

export const accountTroubleSignal = defineSignal<[AccountTrouble]>('trouble');

export interface CheckResult {
  /** `gone`: the configuration of this worker has no such account any more. */
  outcome: 'works' | 'refused' | 'gone';
  /** For a person to read: whom the credentials belong to, or what is wrong. */
  detail: string;
}

export interface AccountTroubleInput {
  account: AccountId;
  /** The state of the previous run, which continued as new. */
  carried?: {
    troubles: AccountTrouble[];
    toldOperators: boolean;
    since: string;
    checkAfterMs: number;
  };
}
