import type { Client } from '@temporalio/client';
import { FAILURE_REASONS, type FailureReason } from '../domain/delivery.js';
import { visibilityQuery, type MessageFilter } from './search/messageSearch.js';
import { countOpenBatches } from './batches.js';
import { countWorkers } from './pollers.js';

/** Totals over all messages, which Temporal can answer while no worker runs. */
export interface SystemState {
  /** Messages that need a decision, by the reason in their search attribute. */
  deadLetters: Record<FailureReason, number>;
  /** Messages that should have been final or parked by now. */
  overdue: number;
  /** Batches whose messages are being started. */
  openBatches: number;
  /** Workers that poll for workflow tasks. */
  workers: number;
}

/** Four calls to Temporal, and one more for each reason while there are dead letters. All are counts, so none lists messages. */
export async function readSystemState(
  client: Client,
  { overdueAfterMs }: { overdueAfterMs: number },
): Promise<SystemState> {
  const count = async (filter: MessageFilter) =>
    (await client.workflow.count(visibilityQuery(filter))).count;
  const [parked, overdue, openBatches, workers] = await Promise.all([
    count({ status: 'dead_lettered' }),
    count(overdueFilter(overdueAfterMs, new Date())),
    countOpenBatches(client),
    countWorkers(client),
  ]);
  const counts = await Promise.all(
    FAILURE_REASONS.map(async (reason) => [
      reason,
      parked === 0 ? 0 : await count({ status: 'dead_lettered', reason }),
    ]),
  );
  return {
    deadLetters: Object.fromEntries(counts) as Record<FailureReason, number>,
    overdue,
    openBatches,
    workers,
  };
}

/** Messages that are neither final nor parked so long after they were due. sendproof's own notices are left out. */
export function overdueFilter(overdueAfterMs: number, now: Date): MessageFilter {
  return {
    status: 'delivering',
    dueBefore: new Date(now.getTime() - overdueAfterMs).toISOString(),
    withoutNotices: true,
  };
}
