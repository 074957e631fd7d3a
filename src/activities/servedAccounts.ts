import { ApplicationFailure, Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailureCategory } from '@temporalio/common';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { findAccount, type Configuration } from '../config/configuration.js';
import { deliveryTaskQueue } from '../contract/names.js';
import { accountRemovedSignal } from '../contract/signals.js';
import { accountOf, type AccountId } from '../domain/account.js';
import type { MessageSummary } from '../domain/messageState.js';
import { countDeliveryWorkers } from '../store/pollers.js';
import { searchMessages } from '../store/search/messageSearch.js';
import { findWaitingDeliveries } from '../store/waitingDeliveries.js';
import { waitsForWorker } from '../store/waitsForWorker.js';

/** How a check goes through the messages, the newest first. */
interface CheckPace {
  /** A message that has waited for less may be for an account that other workers are about to serve. */
  waitedMs: number;
  /** Messages between two heartbeats: a page takes about a second. */
  pageSize: number;
  /** A try ends after the page in which this time is over. Shorter than the time limit that `findOverdue` sets. */
  tryMs: number;
}

const PACE: CheckPace = { waitedMs: 5 * 60_000, pageSize: 200, tryMs: 20_000 };

/** Messages that are looked at in parallel. */
const AT_ONCE = 10;

/** Between two looks whether the workers have taken up the signals to a page. */
const LOOK_MS = 250;

/** The heartbeat details: how far a check is, so that its next try continues there. */
interface Progress {
  cursor?: string | undefined;
  released: number;
}

/** Temporal tells of a worker that has stopped for this long after its last poll; asked again meanwhile. */
const ASK_AGAIN = '10 seconds';

/**
 * Makes the activities that find out whether an account has been removed: it is not in this worker's configuration, and no other
 * worker polls for it.
 */
export function createServedAccounts({
  client,
  configuration,
  log,
}: {
  client: Client;
  configuration: Configuration;
  log: Logger;
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

    /**
     * Signals the messages of which a delivery waits for an account that was removed, so that it becomes a dead letter. Other
     * messages get no signal: Temporal accepts 10,000 in the life of a workflow.
     */
    async releaseUnserved(pace: Partial<CheckPace> = {}): Promise<number> {
      const { waitedMs, pageSize, tryMs } = { ...PACE, ...pace };
      const context = Context.current();
      const startedAt = Date.now();
      const dueBefore = new Date(startedAt - waitedMs).toISOString();
      const served = rememberServed(isServed, log);
      const limit = pLimit(AT_ONCE);
      let { cursor, released } = (context.info.heartbeatDetails ?? { released: 0 }) as Progress;
      for (;;) {
        const page = await searchMessages(
          client,
          { isOpen: true, dueBefore, tenant: undefined },
          { limit: pageSize, cursor },
        );
        const signals = await limit.map(page.messages, async (message) => {
          try {
            return await release(client, message, served);
          } catch (error) {
            const { deduplicationKey: key } = message;
            log.warn({ key, err: error }, 'A message could not be checked for removed accounts');
            return 0;
          }
        });
        released += signals.reduce((sum, count) => sum + count, 0);
        cursor = page.cursor;
        if (cursor === undefined) return released;
        context.heartbeat({ cursor, released } satisfies Progress);
        const last = page.messages.findLast((_, index) => (signals[index] ?? 0) > 0);
        do {
          if (Date.now() - startedAt >= tryMs) throw unfinished();
          // Rejects where the worker is asked to stop: another worker continues.
          await context.sleep(last ? LOOK_MS : 1);
          // New messages would have to wait for all that is signalled before them.
        } while (last && (await waitsForWorker(client, last.deduplicationKey)));
      }
    },
  };
}

/** Asks for each account once. One of which nothing can be learnt counts as served until the next check. */
function rememberServed(
  isServed: (account: AccountId) => Promise<boolean>,
  log: Logger,
): (account: AccountId) => Promise<boolean> {
  const answers = new Map<AccountId, Promise<boolean>>();
  return (account) => {
    const answer =
      answers.get(account) ??
      isServed(account).catch((error: unknown) => {
        log.warn({ account, err: error }, 'The workers of an account could not be counted');
        return true;
      });
    answers.set(account, answer);
    return answer;
  };
}

/** Ends a try whose time is over. Temporal starts the next one, which continues after the last heartbeat. */
function unfinished(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'There are more messages to look at',
    nextRetryDelay: 1,
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** @returns the number of signals: one for each removed account that a delivery of the message waits for */
async function release(
  client: Client,
  { deduplicationKey, destinations, deadLetters }: MessageSummary,
  isServed: (account: AccountId) => Promise<boolean>,
): Promise<number> {
  const parked = new Set<string>(deadLetters.map(({ destination }) => destination));
  const accounts = new Set(destinations.filter((each) => !parked.has(each)).map(accountOf));
  const unserved: AccountId[] = [];
  for (const account of accounts) if (!(await isServed(account))) unserved.push(account);
  if (unserved.length === 0) return 0;

  const neverAttemptedUpTo = new Date().toISOString();
  const waiting = await findWaitingDeliveries(client, deduplicationKey);
  let signals = 0;
  for (const account of unserved) {
    const queue = waiting?.taskQueues.get(deliveryTaskQueue(account));
    if (!waiting || !queue) continue;
    try {
      await client.workflow
        .getHandle(deduplicationKey, waiting.runId)
        .signal(accountRemovedSignal, {
          account,
          ...(!queue.attempted && { neverAttemptedUpTo }),
        });
      signals += 1;
    } catch (error) {
      // It ended after it was described.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  return signals;
}
