/** Takes messages out of Temporal. A message has a run for each time that its key began anew after the deduplication window. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { GRPC_STATUS, grpcFailureOf } from '../temporal/grpcStatus.js';
import { describeMessage, memoOf } from './messageExecution.js';
import { decodedExecution } from './search/decodedExecution.js';
import { quote } from './search/visibilityText.js';

export interface MessageRun {
  runId: string;
  /** What its content is sealed with; undefined where it isn't, or where that can't be read. */
  seal: string | undefined;
  /** It was sent in a batch in the background. */
  isOfBatch: boolean;
}

/** As a batch marks what it starts: the id of its own run, and a place. Any other message has the id alone. */
const OF_BATCH = /^[\da-f-]{36}\.\d+$/;

/** More runs than this aren't erased with one request. */
const MOST_RUNS = 1_000;

/** All runs of a message, the present one first. */
export async function messageRuns(client: Client, deduplicationKey: string): Promise<MessageRun[]> {
  // Visibility knows what has just happened a moment later.
  const present = await describeMessage(client, deduplicationKey);
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query: `WorkflowId = ${quote(deduplicationKey)} AND WorkflowType = 'deliverMessage'`,
    pageSize: MOST_RUNS,
  });
  const decoded = await Promise.all(executions.map((raw) => decodedExecution(client, raw)));
  const earlier = decoded.filter(({ runId }) => runId !== present?.runId);
  return [...(present ? [present] : []), ...earlier].map((execution) => {
    const { seal, startToken = '' } = memoOf(execution);
    return { runId: execution.runId, seal, isOfBatch: OF_BATCH.test(startToken) };
  });
}

/** The workflows of the acknowledgements that a run has started. */
export async function acknowledgementIdsOf(
  client: Client,
  deduplicationKey: string,
  runId: string,
): Promise<string[]> {
  const { events } = await client.workflow.getHandle(deduplicationKey, runId).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    return initiated?.workflowId ? [initiated.workflowId] : [];
  });
}

/**
 * Temporal deletes what has ended a while ago at once. What has just ended it deletes within a minute or so, after it has noted how far
 * its own queues are.
 */
const WAIT_MS = 2_000;
const CHECK_MS = 50;

/** Has a run deleted with its history; one that is open is ended. Nothing happens where there is none. */
export async function deleteRun(client: Client, workflowId: string, runId = ''): Promise<void> {
  try {
    await client.workflowService.deleteWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, runId },
    });
  } catch (error) {
    if (grpcFailureOf(error)?.status === GRPC_STATUS.NOT_FOUND) return;
    throw error;
  }
}

/** Resolves with whether a run is gone, which it waits for for a moment. */
export async function isGone(client: Client, workflowId: string, runId: string): Promise<boolean> {
  const until = performance.now() + WAIT_MS;
  while (await exists(client, workflowId, runId)) {
    if (performance.now() > until) return false;
    await delay(CHECK_MS);
  }
  return true;
}

async function exists(client: Client, workflowId: string, runId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId, runId).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
