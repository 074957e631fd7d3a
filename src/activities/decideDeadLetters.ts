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

/** What the next attempt needs to know of one whose worker was lost: which messages of this page it had told. */
interface Progress {
  told: string[];
}

/** So many decisions a second at least and at most. What they send again is paced by the account's task queue as well. */
const SLOWEST = 1;
const FASTEST = 50;
/** A page takes about so long: as often a decision's progress is seen. */
const PAGE_S = 5;

/**
 * Makes the activity that tells one page of a destination's dead letters what a person decided, as fast as the account may
 * post. Made twice, where the worker was lost before it could say how far it had come, it decides nothing twice: it tells
 * only what was parked when the decision was taken.
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
    const criteria = { destination, reason: filter.reason };
    const limit = Math.ceil(perSecond * PAGE_S);
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
        // It ended since the list was made: somebody else decided.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        continue;
      }
      progress.told.push(deduplicationKey);
      context.heartbeat(progress);
      // Ends early, with an error, where the worker is asked to stop: another one goes on.
      await context.sleep(1_000 / perSecond);
    }
    return {
      decided: progress.told.length,
      ...(page.cursor !== undefined && { cursor: page.cursor }),
    };
  };
}

/** As fast as the destination's account may post to it. */
function decisionsPerSecond(configuration: Configuration, destination: Destination): number {
  const account = findAccount(configuration, accountId(parseDestination(destination)));
  const { perDestination = 'off', perAccount = 'off' } = account?.limits ?? {};
  const limits = [perDestination, perAccount].map((limit) => (limit === 'off' ? FASTEST : limit));
  return Math.max(SLOWEST, Math.min(FASTEST, ...limits));
}
