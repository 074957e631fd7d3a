/** What workers tell the `accountTrouble` workflow of an account. */
import { defineSignal } from '@temporalio/workflow';

/** Something that keeps a whole account from being used, whatever the message. Never holds a credential. */
export interface AccountTrouble {
  kind: 'credentials_rejected' | 'rate_limited';
  /** For a person to read. */
  detail: string;
  /** What the platform asked for, where it asked the account to wait. */
  retryAfterMs?: number | undefined;
}

export const accountTroubleSignal = defineSignal<[AccountTrouble]>('trouble');
