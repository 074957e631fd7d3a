/** The lists that people open most: messages by what has to happen next. */
import type { Client } from '@temporalio/client';
import { countMessages } from '../store/overview/counts.js';
import type { MessageFilter } from '../store/search/messageSearch.js';

/**
 * `under_way`: due, and not yet final. `delayed`: the same for over a minute, as where an attempt has failed and is repeated, or the
 * account is held back. `scheduled`: due later.
 */
export const TABS = ['needs_action', 'under_way', 'delayed', 'scheduled', 'all'] as const;
export type Tab = (typeof TABS)[number];
export type TabCounts = Readonly<Record<Tab, number>>;

/** Most messages are confirmed within seconds. Temporal's visibility doesn't tell a first attempt from a later one. */
const DELAYED_AFTER_MS = 60_000;

export function filterOfTab(tab: Tab, now: Date): MessageFilter {
  switch (tab) {
    case 'needs_action':
      return { status: 'dead_lettered' };
    case 'under_way':
      return { status: 'delivering', dueBefore: now.toISOString() };
    case 'delayed':
      return {
        status: 'delivering',
        dueBefore: new Date(now.getTime() - DELAYED_AFTER_MS).toISOString(),
      };
    case 'scheduled':
      return { dueAfter: now.toISOString() };
    case 'all':
      return {};
  }
}

/** One search for each tab. */
export async function countTabs(client: Client, tenant: string | undefined): Promise<TabCounts> {
  const now = new Date();
  const counts = await Promise.all(
    TABS.map(
      async (tab) =>
        [tab, await countMessages(client, { ...filterOfTab(tab, now), tenant })] as const,
    ),
  );
  return Object.fromEntries(counts) as Record<Tab, number>;
}
