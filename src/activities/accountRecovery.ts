import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { AccountId } from '../domain/account.js';
import { DeliveryError } from '../domain/delivery.js';
import type { AccountPacing } from '../accounts/accountPacing.js';
import type { AccountConnection } from '../accounts/accountConnection.js';
import type { CheckResult } from '../contract/accountTrouble.js';
import { deliveryTaskQueue } from '../contract/names.js';
import { countDeliveryWorkers } from '../store/pollers.js';

/** Makes the activities with which the `accountTrouble` workflow stops and recovers an account. */
export function createAccountRecovery({
  client,
  connections,
  pacing,
  log,
}: {
  client: Client;
  connections: ReadonlyMap<AccountId, AccountConnection>;
  pacing: AccountPacing;
  log: Logger;
}) {
  return {
    /**
     * Stops the account's task queue (a share of 0), or sets its limit again. Fails, so that another worker is asked, where only
     * that one has the account: a queue that stays stopped would hold every message back.
     */
    async paceAccount(account: AccountId, share: number, reason: string): Promise<void> {
      const connection = connections.get(account);
      if (connection) await pacing.allow(connection.account, share > 0, reason);
      else if ((await countDeliveryWorkers(client, deliveryTaskQueue(account))) > 0) {
        throw new Error(`This worker doesn't have the account ${account}, and another one does`);
      }
    },

    /** Reads the account's credentials again, and asks the platform whether they work. */
    async checkAccount(account: AccountId): Promise<CheckResult> {
      const connection = connections.get(account);
      if (!connection) return { outcome: 'gone', detail: 'the account is no longer configured' };
      try {
        const { identity } = await connection.check();
        log.info({ account }, 'The account’s credentials work again');
        return { outcome: 'works', detail: identity };
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        return { outcome: 'refused', detail: error.message };
      }
    },
  };
}
