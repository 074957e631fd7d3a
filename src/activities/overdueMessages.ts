import type { Client } from '@temporalio/client';
import type { Configuration } from '../config/configuration.js';
import { searchMessages, visibilityQuery } from '../store/search/messageSearch.js';
import { overdueFilter } from '../store/systemState.js';
import type { OverdueMessages } from '../contract/notices.js';

/** How many keys a notice lists at most. */
const LISTED_KEYS = 20;

/** Makes the activity that finds messages that are neither final nor parked long after they were due. */
export function createOverdueMessages({
  client,
  configuration,
}: {
  client: Client;
  configuration: Configuration;
}) {
  return async function overdueMessages(): Promise<OverdueMessages> {
    const { overdueAfterMs } = configuration;
    const filter = overdueFilter(overdueAfterMs, new Date());
    const { count } = await client.workflow.count(visibilityQuery(filter));
    if (count === 0) return { count, keys: [], overdueAfterMs };
    const { messages } = await searchMessages(
      client,
      { ...filter, tenant: undefined },
      { limit: LISTED_KEYS },
    );
    return {
      // Temporal counts what was rescheduled by the time at which it was first due.
      count: count <= LISTED_KEYS ? messages.length : count,
      keys: messages.map(({ deduplicationKey }) => deduplicationKey),
      overdueAfterMs,
    };
  };
}
