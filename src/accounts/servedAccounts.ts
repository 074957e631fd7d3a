/** The accounts that the workers of this process deliver through: their connections, limits and troubles. */
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { AccountConnection, type AccountReports } from './accountConnection.js';
import type { Configuration } from '../config/configuration.js';
import type { AccountId } from '../domain/account.js';
import type { AccountTrouble } from '../contract/accountTrouble.js';
import { AccountPacing } from './accountPacing.js';
import { accountTroubleId, WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import { summary } from '../contract/userMetadata.js';

export interface ServedAccounts {
  connections: ReadonlyMap<AccountId, AccountConnection>;
  pacing: AccountPacing;
  /** The accounts whose limits the server doesn't enforce. */
  unpaced: ReadonlySet<AccountId>;
  /** Applies the limits of a changed configuration. Its other changes take effect at the next start. */
  applyLimits: (configuration: Configuration) => Promise<void>;
  /** Returns the deliveries that wait in this process to their queues. For a process that stops. */
  close: () => void;
}

/** A pause from this length on stops the account's task queue too, so that the other processes don't find out by calling. */
const PAUSE_FOR_ALL_MS = 10_000;

/**
 * Sets the limits of the accounts' task queues and reads their credentials. An account whose credentials can't be read is
 * served too: it is in trouble from the start, and its messages wait until the trouble is over.
 */
export async function serveAccounts(
  client: Client,
  { accounts }: Configuration,
  log: Logger,
): Promise<ServedAccounts> {
  const pacing = new AccountPacing(client, log);
  const connections = new Map(
    accounts.map((account) => {
      const reports = reportsOf(client, account.id, log);
      return [account.id, new AccountConnection(account, reports)] as const;
    }),
  );
  const unpaced = new Set<AccountId>();
  // One after the other: the first call finds out what this server supports.
  for (const account of accounts) {
    if (!(await pacing.apply(account))) unpaced.add(account.id);
  }
  for (const connection of connections.values()) connection.open();

  return {
    connections,
    pacing,
    unpaced,
    applyLimits: async (configuration) => {
      for (const { id, limits } of configuration.accounts) {
        const account = connections.get(id)?.account;
        if (!account) continue;
        account.limits = limits;
        await pacing.apply(account);
      }
    },
    close: () => {
      for (const connection of connections.values()) connection.close();
    },
  };
}

function reportsOf(client: Client, account: AccountId, log: Logger): AccountReports {
  return {
    trouble: (trouble) => {
      log.error({ account, trouble: trouble.kind }, `The account is in trouble: ${trouble.detail}`);
      void reportTrouble(client, account, trouble, log);
    },
    slowdown: ({ pauseMs, perSecondBefore }, detail) => {
      log.warn(
        { account, pauseMs, perSecondBefore },
        `The platform limits the whole account. Its calls pause, and their pace then rises again: ${detail}`,
      );
      if (pauseMs < PAUSE_FOR_ALL_MS) return;
      const trouble: AccountTrouble = { kind: 'rate_limited', detail, retryAfterMs: pauseMs };
      void reportTrouble(client, account, trouble, log);
    },
  };
}

/** Signals the account's `accountTrouble` workflow, and starts it if it isn't running. */
async function reportTrouble(
  client: Client,
  account: AccountId,
  trouble: AccountTrouble,
  log: Logger,
): Promise<void> {
  try {
    await client.workflow.signalWithStart('accountTrouble', {
      workflowId: accountTroubleId(account),
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [{ account }],
      signal: 'trouble',
      signalArgs: [trouble],
      staticSummary: summary('Trouble with ', account),
    });
  } catch (error) {
    log.error({ account, err: error }, 'The trouble of the account could not be reported');
  }
}
