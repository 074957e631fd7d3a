/** Takes messages out of Temporal. A message has a run for each time that its key began anew after the deduplication window. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { setTimeout as delay } from 'node:timers/promises';
import { GRPC_STATUS, grpcFailureOf } from '../temporal/grpcStatus.js';
import { describeMessage, memoOf } from './messageExecution.js';
import { decodedExecution } from './search/decodedExecution.js';
import { quote, startsWith } from './search/visibilityText.js';
import { soughtIdBeginning } from './searchValues.js';

export interface MessageRun {
  runId: string;
  /** What its content is sealed with; undefined where it isn't, or where that can't be read. */
  seal: string | undefined;
  /** It was sent in a batch in the background. */
  isOfBatch: boolean;
}

/** As a batch marks what it starts: the id of its own run, and a place. Any other message has the id alone. */
const OF_BATCH = /^[\da-f-]{36}\.\d+$/;

export interface MessageRuns {
  /** The present one first. */
  runs: MessageRun[];
  /** Whether there are no others. */
  areAll: boolean;
}

const PAGE_SIZE = 1_000;
/** One request looks through no more than so many pages. */
const MOST_PAGES = 50;

/** The runs of a message. */
export async function messageRuns(client: Client, deduplicationKey: string): Promise<MessageRuns> {
  // Visibility knows what has just happened a moment later.
  const present = await describeMessage(client, deduplicationKey);
  const { areAll, executions } = await listedRuns(client, deduplicationKey);
  const decoded = await Promise.all(executions.map((raw) => decodedExecution(client, raw)));
  const earlier = decoded.filter(({ runId }) => runId !== present?.runId);
  const runs = [...(present ? [present] : []), ...earlier].map((execution) => {
    const { seal, startToken = '' } = memoOf(execution);
    return { runId: execution.runId, seal, isOfBatch: OF_BATCH.test(startToken) };
  });
  return { runs, areAll };
}

/** Looks through all messages that begin alike where Temporal can't look for the key. */
async function listedRuns(client: Client, deduplicationKey: string) {
  const query = ['WorkflowType = "deliverMessage"', ...idClause(deduplicationKey)].join(' AND ');
  const executions: temporal.api.workflow.v1.IWorkflowExecutionInfo[] = [];
  let nextPageToken: Uint8Array = new Uint8Array();
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      query,
      pageSize: PAGE_SIZE,
      nextPageToken,
    });
    const found = answer.executions.filter(
      ({ execution }) => execution?.workflowId === deduplicationKey,
    );
    executions.push(...found);
    ({ nextPageToken } = answer);
    if (nextPageToken.length === 0) return { executions, areAll: true };
  }
  return { executions, areAll: false };
}

/** What finds at least the workflows with this id; nothing where they can only be found among all. */
function idClause(id: string): string[] {
  const beginning = soughtIdBeginning(id);
  if (beginning === undefined) return [];
  return [beginning === id ? `WorkflowId = ${quote(id)}` : startsWith('WorkflowId', beginning)];
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
