/** What workers tell the `accountTrouble` workflow of an account. */
import { defineSignal } from '@temporalio/workflow';
import type { AccountId } from '../domain/account.js';

/** Something that keeps a whole account from being used, whatever the message. Never holds a credential. */
export interface AccountTrouble {
  kind: 'credentials_rejected' | 'rate_limited';
  /** For a person to read. */
  detail: string;
  /** What the platform asked for, where it asked the account to wait. */
  retryAfterMs?: number | undefined;
}

export const accountTroubleSignal = defineSignal<[AccountTrouble]>('trouble');

export interface CheckResult {
  /** `gone`: the configuration of this worker has no such account any more. */
  outcome: 'works' | 'refused' | 'gone';
  /** Whose the credentials are, or what is wrong, for a person to read. */
  detail: string;
}

export interface AccountTroubleInput {
  account: AccountId;
  /** What the previous run, which was continued as new, leaves to this one. */
  carried?: {
    troubles: AccountTrouble[];
    toldOperators: boolean;
    since: string;
    checkAfterMs: number;
  };
}
