import { ApplicationFailure } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { findAccount, type Configuration } from '../config/configuration.js';
import { deliveryTaskQueue } from '../contract/names.js';
import { accountRemovedSignal } from '../contract/signals.js';
import { accountOf, type AccountId } from '../domain/account.js';
import { countDeliveryWorkers } from '../store/pollers.js';
import { searchMessages } from '../store/search/messageSearch.js';
import { overdueFilter } from '../store/systemState.js';

/** A message that has waited for less may be for an account that other workers are about to serve. */
const WAITED_MS = 5 * 60_000;

/** How many messages one check looks at, the newest first. */
const PAGE_SIZE = 1_000;
const PAGES = 10;

/** Temporal tells of a worker that has stopped for this long after its last poll; asked again meanwhile. */
const ASK_AGAIN = '10 seconds';

/**
 * Makes the activities that find out whether an account has been removed: it is not in this worker's configuration, and no other
 * worker polls for it.
 */
export function createServedAccounts({
  client,
  configuration,
}: {
  client: Client;
  configuration: Configuration;
}) {
  const isServed = async (account: AccountId): Promise<boolean> =>
    findAccount(configuration, account) !== undefined ||
    (await countDeliveryWorkers(client, deliveryTaskQueue(account))) > 0;

  return {
    /** Fails, to be tried again, while a worker that is perhaps gone still counts as one. */
    async isAccountServed(account: AccountId): Promise<boolean> {
      if (findAccount(configuration, account)) return true;
      if (!(await isServed(account))) return false;
      throw ApplicationFailure.create({
        message: `A worker with the account ${account} polled a moment ago`,
        nextRetryDelay: ASK_AGAIN,
      });
    },

    /** Signals the messages that wait for an account that was removed, so that they become dead letters. */
    async releaseUnserved(waitedMs = WAITED_MS): Promise<number> {
      const served = new Map<AccountId, boolean>();
      const filter = { ...overdueFilter(waitedMs, new Date()), withoutNotices: false };
      let released = 0;
      let cursor: string | undefined;
      for (let page = 0; page < PAGES; page += 1) {
        const found = await searchMessages(client, filter, { limit: PAGE_SIZE, cursor });
        for (const { deduplicationKey, destinations } of found.messages) {
          const accounts = destinations.map(accountOf);
          for (const account of new Set(accounts)) {
            if (!served.has(account)) served.set(account, await isServed(account));
            if (served.get(account)) continue;
            await signal(client, deduplicationKey, account);
            released += 1;
          }
        }
        cursor = found.cursor;
        if (cursor === undefined) break;
      }
      return released;
    },
  };
}

async function signal(client: Client, key: string, account: AccountId): Promise<void> {
  try {
    await client.workflow.getHandle(key).signal(accountRemovedSignal, { account });
  } catch (error) {
    // It ended after the list was made.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
