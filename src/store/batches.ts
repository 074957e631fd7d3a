/** Reads batches from Temporal's descriptions, which have the counts. What became of each message is in `batchHistory.ts`. */
import {
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import type { BatchMemo } from '../contract/batch.js';
import { BATCH_PREFIX, batchWorkflowId } from '../contract/names.js';
import type { BatchCounts, BatchStatus } from '../domain/batch.js';
import { tenantClause } from './search/visibilityText.js';
import { isVisibleTo } from '../domain/tenant.js';

/** What Temporal's description of a batch's newest run says. Times are ISO 8601. */
export interface BatchExecution {
  /** Of a tenant's batch with the tenant in it. */
  id: string;
  runId: string;
  status: BatchStatus;
  total: number;
  counts: BatchCounts;
  acceptedAt: string;
  closedAt: string | undefined;
  /** How many events its history has. */
  historyLength: number;
  memo: BatchMemo;
}

/** Undefined where there is no such batch. */
export async function describeBatch(
  client: Client,
  id: string,
): Promise<BatchExecution | undefined> {
  try {
    const description = await client.workflow.getHandle(batchWorkflowId(id)).describe();
    return description.type === 'batch' ? executionOf(id, description) : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Whether somebody has requested that this run is cancelled. One call to Temporal. */
export async function isCancellationRequested(
  client: Client,
  { runId, workflowId }: { workflowId: string; runId: string },
): Promise<boolean> {
  const { workflowExtendedInfo } = await client.workflowService.describeWorkflowExecution({
    namespace: client.workflow.options.namespace,
    execution: { workflowId, runId },
  });
  return workflowExtendedInfo?.cancelRequested === true;
}

function executionOf(id: string, description: WorkflowExecutionDescription): BatchExecution {
  const memo = description.memo as unknown as BatchMemo;
  const { chunkSizes, progress, refused } = memo;
  const status = statusOf(description, memo);
  const total = chunkSizes.reduce((sum, size) => sum + size, 0);
  const known = progress ?? { accepted: 0, duplicate: 0, refused };
  const left = total - known.accepted - known.duplicate - known.refused;
  const isOpen = description.closeTime === undefined;
  return {
    id,
    runId: description.runId,
    status,
    total,
    counts: {
      ...known,
      queued: isOpen ? left : 0,
      cancelled: isOpen ? 0 : left,
    },
    acceptedAt: description.startTime.toISOString(),
    closedAt: description.closeTime?.toISOString(),
    historyLength: description.historyLength,
    memo,
  };
}

function statusOf({ status }: WorkflowExecutionDescription, { progress }: BatchMemo): BatchStatus {
  switch (status.name) {
    case 'RUNNING':
      return progress ? 'starting' : 'queued';
    case 'COMPLETED':
      return 'completed';
    case 'FAILED':
      return 'incomplete';
    default:
      // Cancelled or terminated by an operator.
      return 'cancelled';
  }
}

/**
 * The ids of batches that are being started, the newest first, at most so many. One call to Temporal.
 *
 * @param tenant whose batches; undefined: all
 */
export async function openBatches(
  client: Client,
  atMost: number,
  tenant: string | undefined,
): Promise<string[]> {
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query:
      tenant === undefined
        ? OPEN_BATCHES
        : `${OPEN_BATCHES} AND ${tenantClause(tenant, BATCH_PREFIX)}`,
    pageSize: atMost,
  });
  return executions.flatMap(({ execution }) => {
    const workflowId = execution?.workflowId ?? '';
    const id = workflowId.slice(BATCH_PREFIX.length);
    return workflowId.startsWith(BATCH_PREFIX) && isVisibleTo(tenant, id) ? [id] : [];
  });
}

/** How many batches are being started. One call to Temporal. */
export async function countOpenBatches(client: Client): Promise<number> {
  return (await client.workflow.count(OPEN_BATCHES)).count;
}

const OPEN_BATCHES = "WorkflowType = 'batch' AND ExecutionStatus = 'Running'";
