import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { findAccount, type Configuration } from '../config/configuration.js';
import { matchingDeadLetters, searchDeadLetters } from '../store/search/deadLetterSearch.js';
import { discardSignal, retrySignal } from '../contract/signals.js';
import type { WorkflowQueueActivities } from '../contract/activities.js';
import type { DeadLetterPage, DecidePageInput } from '../contract/deadLetterQueue.js';
import { accountOf } from '../domain/account.js';
import type { Destination } from '../domain/destination.js';
import type { MessageSummary } from '../domain/messageState.js';
import { PacedSignals } from './pacedSignals.js';

/** Decisions per second, at least and at most. The retried messages are paced by the account's task queue as well. */
const MINIMUM_PER_SECOND = 1;
const MAXIMUM_PER_SECOND = 50;
/**
 * With more allowed, several pages are decided at the same time: at most three of a destination, since a worker runs 100 of these
 * activities at once, for all destinations and for all else that a workflow asks of sendproof itself.
 */
const PER_SECOND_AND_PAGE = 20;
/** About how long one page takes, and so how often a decision's progress is updated. */
const PAGE_SECONDS = 10;
/** The same for `decideDeadLetters`. */
const SINGLE_PAGE_SECONDS = 5;
/** A plan ends with the page in which this time is over, however few of the pages have a dead letter that the filter means. */
const PLAN_MS = 10_000;

/** What a page of the list is searched with, and what its messages are signalled. */
type Decided = Omit<DecidePageInput, 'page' | 'perSecond'>;

/**
 * Makes the activities that signal a decision to a destination's dead letters, as fast as the account may post and the workers
 * take the signals up. All are safe to repeat after the loss of a worker: the signal affects only what was parked before the
 * decision.
 */
export function createDecideDeadLetters({
  client,
  configuration,
}: {
  client: Client;
  configuration: Configuration;
}): Pick<WorkflowQueueActivities, 'planDecision' | 'decidePage' | 'decideDeadLetters'> {
  const search = (
    { destination, filter: { reason, tenant } }: Pick<Decided, 'destination' | 'filter'>,
    part: DeadLetterPage & { limit: number },
  ) => searchDeadLetters(client, { destination, reason, tenant }, part);

  /** Also of what has come into this part of the list since the plan was made. */
  const meantOf = async (page: DeadLetterPage, decided: Decided, signals: PacedSignals) => {
    const keys: string[] = [];
    let cursor = page.cursor;
    do {
      const found = await search(decided, { limit: LONGEST_LIST, ...page, ...begin(cursor) });
      keys.push(...keysOfMeant(found.messages, decided));
      cursor = found.cursor;
      // Not after the last page: the SDK sends one heartbeat a second, and that of the first signals counts.
      if (cursor !== undefined) signals.heartbeat();
    } while (cursor !== undefined);
    return keys;
  };

  const signalEach = (decided: Decided) => async (deduplicationKey: string) =>
    await signal(client, deduplicationKey, decided, configuration);

  return {
    async planDecision({ destination, filter, cursor: from }) {
      const perSecond = decisionsPerSecond(configuration, destination);
      const atOnce = Math.ceil(perSecond / PER_SECOND_AND_PAGE);
      const limit = Math.ceil((perSecond / atOnce) * PAGE_SECONDS);
      const pages: DeadLetterPage[] = [];
      let cursor = from;
      const startedAt = Date.now();
      do {
        const page = await search({ destination, filter }, { limit, ...begin(cursor) });
        const { cursor: until } = page;
        if (page.messages.some((message) => isMeant(message, { destination, filter }))) {
          pages.push({ ...begin(cursor), ...(until !== undefined && { until }) });
        }
        cursor = until;
      } while (cursor !== undefined && pages.length < atOnce && Date.now() - startedAt < PLAN_MS);
      return { pages, perSecond: perSecond / Math.max(1, pages.length), ...begin(cursor) };
    },

    async decidePage({ page, perSecond, ...decided }) {
      const signals = new PacedSignals(client, perSecond);
      await signals.takenUp();
      const keys = signals.left ?? (await meantOf(page, decided, signals));
      return { decided: await signals.send(keys, signalEach(decided)) };
    },

    async decideDeadLetters({ destination, action, by, reason, filter, cursor }) {
      const perSecond = decisionsPerSecond(configuration, destination);
      const limit = Math.ceil(perSecond * SINGLE_PAGE_SECONDS);
      const signals = new PacedSignals(client, perSecond);
      const decided = { destination, action, by, reason, filter };
      const page = await search(decided, { limit, ...begin(cursor) });
      return {
        decided: await signals.send(keysOfMeant(page.messages, decided), signalEach(decided)),
        ...begin(page.cursor),
      };
    },
  };
}

/** Of messages that are read at once. */
const LONGEST_LIST = 500;

function begin(cursor: string | undefined): { cursor?: string } {
  return cursor === undefined ? {} : { cursor };
}

function keysOfMeant(messages: MessageSummary[], decided: Decided): string[] {
  return messages
    .filter((message) => isMeant(message, decided))
    .map(({ deduplicationKey }) => deduplicationKey);
}

/** Whether it has a dead letter that matches the filter, and that was parked before the decision. */
function isMeant(
  message: MessageSummary,
  { destination, filter }: Pick<Decided, 'destination' | 'filter'>,
): boolean {
  return matchingDeadLetters(message, { destination, reason: filter.reason }).some(
    ({ at }) => at <= filter.at,
  );
}

/** @returns false where the message ended after the list was made: somebody else decided */
async function signal(
  client: Client,
  deduplicationKey: string,
  { destination, action, by, reason, filter }: Decided,
  configuration: Configuration,
): Promise<boolean> {
  const handle = client.workflow.getHandle(deduplicationKey);
  const request = { destination, by, reason, parkedBy: filter.at };
  try {
    if (action === 'discard') {
      await handle.signal(discardSignal, request);
    } else {
      const isServed = findAccount(configuration, accountOf(destination)) !== undefined;
      await handle.signal(retrySignal, {
        ...request,
        // Where this worker doesn't have the account, another one may: the message finds out.
        ...(isServed && { accountIsServed: true }),
      });
    }
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** The rate at which the destination's account may post to it, within bounds. */
function decisionsPerSecond(configuration: Configuration, destination: Destination): number {
  const account = findAccount(configuration, accountOf(destination));
  const { perDestination = 'off', perAccount = 'off' } = account?.limits ?? {};
  const limits = [perDestination, perAccount].map((limit) =>
    limit === 'off' ? MAXIMUM_PER_SECOND : limit,
  );
  return Math.max(MINIMUM_PER_SECOND, Math.min(MAXIMUM_PER_SECOND, ...limits));
}
