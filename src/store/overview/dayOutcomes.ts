import type { Client } from '@temporalio/client';
import { anyStatusClause } from '../search/messageSearch.js';
import { countByExecutionStatus } from './counts.js';

/**
 * What became of messages. `under_way`: accepted or being delivered. `not_posted`: muted, shown by the message of a group, or
 * superseded by a newer one of its conversation.
 */
export const OUTCOMES = [
  'confirmed',
  'under_way',
  'dead_lettered',
  'discarded',
  'expired',
  'cancelled',
  'not_posted',
] as const;
export type Outcome = (typeof OUTCOMES)[number];
export type OutcomeCounts = Readonly<Record<Outcome, number>>;

/**
 * The messages that were accepted at this time or later, by outcome. Two calls to Temporal: it counts by its own status alone, and
 * the second call counts one outcome of each of these.
 *
 * @param since ISO 8601
 */
export async function countOutcomes(
  client: Client,
  of: { since: string; tenant: string | undefined },
): Promise<OutcomeCounts> {
  const apart = anyStatusClause(['dead_lettered', 'expired', 'muted', 'grouped', 'superseded']);
  const [all, special] = await Promise.all([
    countByExecutionStatus(client, of),
    countByExecutionStatus(client, of, apart),
  ]);
  return outcomesOf(all, special);
}

/** The two answers come from two moments: no difference of them is below zero. */
export function outcomesOf(
  all: ReadonlyMap<string, number>,
  special: ReadonlyMap<string, number>,
): OutcomeCounts {
  const of = (counts: ReadonlyMap<string, number>, status: string) => counts.get(status) ?? 0;
  const rest = (status: string) => Math.max(0, of(all, status) - of(special, status));
  return {
    confirmed: rest('Completed'),
    under_way: rest('Running'),
    dead_lettered: of(special, 'Running'),
    discarded: rest('Failed'),
    expired: of(special, 'Failed'),
    cancelled: of(all, 'Canceled') + of(all, 'Terminated'),
    not_posted: of(special, 'Completed'),
  };
}
