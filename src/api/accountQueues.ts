/** The queues of the accounts, as Temporal described them some seconds ago at most. */
import type { Client } from '@temporalio/client';
import { accountOf, type AccountId } from '../domain/account.js';
import {
  estimateDelivery,
  laterEstimate,
  type AccountQueue,
  type DeliveryEstimate,
} from '../domain/deliveryEstimate.js';
import { SharedReadings } from '../lib/sharedReadings.js';
import { readAccountQueue } from '../store/accountQueue.js';

/** Temporal's own statistics are of the last 30 s. */
const TIMES = { freshMs: 5_000, usableMs: 30_000 };

export class AccountQueues {
  readonly #readings: SharedReadings<AccountQueue>;

  constructor(client: Client) {
    this.#readings = new SharedReadings(
      async (account) => await readAccountQueue(client, account as AccountId),
      TIMES,
    );
  }

  /** @param account one of the configuration's. Rejects where Temporal doesn't answer. */
  async of(account: AccountId): Promise<AccountQueue> {
    return await this.#readings.get(account);
  }

  /**
   * When the last of these destinations is expected to have the message that is sent now. It waits for nothing: undefined where
   * an account has not been looked at lately. That is done meanwhile, for those who ask next.
   */
  estimate(
    destinations: readonly string[],
    priority: number | undefined,
  ): DeliveryEstimate | undefined {
    const accounts = [...new Set(destinations.map(accountOf))];
    const queues = accounts.map((account) => {
      this.of(account).catch(() => undefined);
      return this.#readings.kept(account);
    });
    const known = queues.filter((queue) => queue !== undefined);
    if (known.length < queues.length) return undefined;
    const nothing: DeliveryEstimate = { kind: 'in', ms: 0 };
    return known.map((queue) => estimateDelivery(queue, priority)).reduce(laterEstimate, nothing);
  }
}
