import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { findAccount, type Configuration } from '../config/configuration.js';
import { matchingDeadLetters, searchDeadLetters } from '../store/search/deadLetterSearch.js';
import { discardSignal, retrySignal } from '../contract/signals.js';
import type {
  DecideDeadLettersInput,
  DecideDeadLettersResult,
} from '../contract/deadLetterQueue.js';
import { accountId } from '../domain/account.js';
import { parseDestination, type Destination } from '../domain/destination.js';

/** The heartbeat details. */
interface Progress {
  /** The messages of this page that were signalled, so that the next attempt skips them if the worker is lost. */
  told: string[];
}

/** Decisions per second, at least and at most. The retried messages are paced by the account's task queue as well. */
const MINIMUM_PER_SECOND = 1;
const MAXIMUM_PER_SECOND = 50;
/** About how long one page takes, and so how often a decision's progress is updated. */
const PAGE_SECONDS = 5;

/**
 * Makes the activity that signals a decision to one page of a destination's dead letters, as fast as the account may post.
 * It is safe to repeat after the loss of a worker: the signal affects only what was parked before the decision.
 */
export function createDecideDeadLetters({
  client,
  configuration,
}: {
  client: Client;
  configuration: Configuration;
}) {
  return async function decideDeadLetters({
    destination,
    action,
    by,
    reason,
    filter,
    cursor,
  }: DecideDeadLettersInput): Promise<DecideDeadLettersResult> {
    const context = Context.current();
    const progress = (context.info.heartbeatDetails as Progress | undefined) ?? { told: [] };
    const perSecond = decisionsPerSecond(configuration, destination);
    const signal = action === 'retry' ? retrySignal : discardSignal;
    const criteria = { destination, reason: filter.reason, tenant: filter.tenant };
    const limit = Math.ceil(perSecond * PAGE_SECONDS);
    const page = await searchDeadLetters(client, criteria, { limit, cursor });
    for (const message of page.messages) {
      const { deduplicationKey } = message;
      const meant = matchingDeadLetters(message, criteria).some(({ at }) => at <= filter.at);
      if (!meant || progress.told.includes(deduplicationKey)) continue;
      try {
        await client.workflow
          .getHandle(deduplicationKey)
          .signal(signal, { destination, by, reason, parkedBy: filter.at });
      } catch (error) {
        // The message ended after the list was made: somebody else decided.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        continue;
      }
      progress.told.push(deduplicationKey);
      context.heartbeat(progress);
      // Rejects where the worker is asked to stop: another worker continues.
      await context.sleep(1_000 / perSecond);
    }
    return {
      decided: progress.told.length,
      ...(page.cursor !== undefined && { cursor: page.cursor }),
    };
  };
}

/** The rate at which the destination's account may post to it, within bounds. */
function decisionsPerSecond(configuration: Configuration, destination: Destination): number {
  const account = findAccount(configuration, accountId(parseDestination(destination)));
  const { perDestination = 'off', perAccount = 'off' } = account?.limits ?? {};
  const limits = [perDestination, perAccount].map((limit) =>
    limit === 'off' ? MAXIMUM_PER_SECOND : limit,
  );
  return Math.max(MINIMUM_PER_SECOND, Math.min(MAXIMUM_PER_SECOND, ...limits));
}
