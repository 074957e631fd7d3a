import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
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

/** Four calls to Temporal. With many dead letters one more for each reason, since Temporal doesn't count by reason in one call. */
export async function readSystemState(
  client: Client,
  { overdueAfterMs }: { overdueAfterMs: number },
): Promise<SystemState> {
  const count = async (filter: MessageFilter) =>
    (await client.workflow.count(visibilityQuery(filter))).count;
  const [deadLetters, overdue, openBatches, workers] = await Promise.all([
    countDeadLetters(client, count),
    count(overdueFilter(overdueAfterMs, new Date())),
    countOpenBatches(client),
    countWorkers(client),
  ]);
  return { deadLetters, overdue, openBatches, workers };
}

/** As many messages with dead letters as are listed rather than counted. */
const FEW = 100;

async function countDeadLetters(
  client: Client,
  count: (filter: MessageFilter) => Promise<number>,
): Promise<Record<FailureReason, number>> {
  const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query: visibilityQuery({ status: 'dead_lettered' }),
    pageSize: FEW,
  });
  const reasons = executions.map(({ searchAttributes }) => {
    const value = searchAttributes?.indexedFields?.FailureReason;
    return value ? defaultPayloadConverter.fromPayload<string>(value) : undefined;
  });
  const isComplete = nextPageToken.length === 0;
  const counts = await Promise.all(
    FAILURE_REASONS.map(async (reason) => [
      reason,
      isComplete
        ? reasons.filter((each) => each === reason).length
        : await count({ status: 'dead_lettered', reason }),
    ]),
  );
  return Object.fromEntries(counts) as Record<FailureReason, number>;
}

/** Messages that are neither final nor parked so long after they were due. sendproof's own notices are left out. */
export function overdueFilter(overdueAfterMs: number, now: Date): MessageFilter {
  return {
    status: 'delivering',
    dueBefore: new Date(now.getTime() - overdueAfterMs).toISOString(),
    withoutNotices: true,
  };
}
