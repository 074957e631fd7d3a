/** Reads batches from Temporal: the description has the counts, the history has the messages and what became of each. */
import {
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import type { BatchActivities } from '../contract/activities.js';
import {
  batchChunkSignal,
  type BatchInput,
  type BatchMemo,
  type BatchMessageResult,
  type BatchSlice,
} from '../contract/batch.js';
import { BATCH_PREFIX, batchWorkflowId } from '../contract/names.js';
import type { BatchCounts, BatchEntry, BatchStatus } from '../domain/batch.js';
import { entriesOf } from './batchContent.js';
import type { HistoryEvent } from './messageEvents.js';
import { decodeValues } from './payloads.js';

/** What Temporal's description of a batch's newest run says. Times are ISO 8601. */
export interface BatchExecution {
  id: string;
  runId: string;
  status: BatchStatus;
  total: number;
  counts: BatchCounts;
  acceptedAt: string;
  closedAt: string | undefined;
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

/** The ids of batches that are being started, the newest first, at most so many. One call to Temporal. */
export async function openBatches(client: Client, atMost: number): Promise<string[]> {
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query: OPEN_BATCHES,
    pageSize: atMost,
  });
  return executions.flatMap(({ execution }) => {
    const id = execution?.workflowId ?? '';
    return id.startsWith(BATCH_PREFIX) ? [id.slice(BATCH_PREFIX.length)] : [];
  });
}

/** How many batches are being started. One call to Temporal. */
export async function countOpenBatches(client: Client): Promise<number> {
  return (await client.workflow.count(OPEN_BATCHES)).count;
}

const OPEN_BATCHES = "WorkflowType = 'batch' AND ExecutionStatus = 'Running'";

/** One message of a batch. */
export interface BatchMessage {
  entry: BatchEntry;
  /** Undefined before its turn, and where its turn never came. */
  result: BatchMessageResult | undefined;
}

/** The messages of a run in their order. Undefined while the sender has yet to send some of them. */
export async function readBatchMessages(
  client: Client,
  { id, memo: { chunkSizes }, runId }: BatchExecution,
): Promise<BatchMessage[] | undefined> {
  const history = await client.workflow.getHandle(batchWorkflowId(id), runId).fetchHistory();
  const { chunks, results } = await readEvents(
    client.options.loadedDataConverter,
    history.events ?? [],
  );
  const messages: BatchMessage[] = [];
  for (const chunk of chunkSizes.keys()) {
    const bytes = chunks.get(chunk);
    if (!bytes) return undefined;
    const entries = await entriesOf(bytes);
    messages.push(
      ...entries.map((entry, index) => ({ entry, result: results.get(`${chunk}.${index}`) })),
    );
  }
  return messages;
}

interface BatchEvents {
  input: BatchInput | undefined;
  chunks: Map<number, Uint8Array>;
  /** By chunk and index in it, as `0.49`. */
  results: Map<string, BatchMessageResult>;
}

const ACTIVITY: keyof BatchActivities = 'startBatchMessages';

async function readEvents(
  converter: LoadedDataConverter,
  events: readonly HistoryEvent[],
): Promise<BatchEvents> {
  const read: BatchEvents = { input: undefined, chunks: new Map(), results: new Map() };
  const slices = new Map<string, BatchSlice>();
  for (const event of events) {
    const {
      activityTaskCompletedEventAttributes: completed,
      activityTaskScheduledEventAttributes: scheduled,
      workflowExecutionSignaledEventAttributes: signaled,
      workflowExecutionStartedEventAttributes: started,
    } = event;
    if (started) {
      const [input, bytes] = await decodeValues<[BatchInput, Uint8Array]>(converter, started.input);
      read.input = input;
      read.chunks.set(0, bytes);
    } else if (signaled?.signalName === batchChunkSignal.name) {
      const values = await decodeValues<[number, Uint8Array]>(converter, signaled.input);
      const [chunk, bytes] = values;
      if (!read.chunks.has(chunk)) read.chunks.set(chunk, bytes);
    } else if (scheduled?.activityType?.name === ACTIVITY) {
      const [slice] = await decodeValues<[BatchSlice]>(converter, scheduled.input);
      slices.set(String(event.eventId), slice);
    } else if (completed) {
      const slice = slices.get(String(completed.scheduledEventId));
      if (!slice) continue;
      const [results] = await decodeValues<[BatchMessageResult[]]>(converter, completed.result);
      for (const [index, result] of results.entries()) {
        read.results.set(`${slice.chunk}.${slice.from + index}`, result);
      }
    }
  }
  return read;
}

/** What the activity of a batch starts messages from: the input and the chunks of a run that has all of them. */
export async function readBatchContent(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<{ input: BatchInput; chunks: ReadonlyMap<number, Uint8Array> }> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const converter = client.options.loadedDataConverter;
  const { chunks, input } = await readEvents(converter, history.events ?? []);
  if (!input) throw new Error(`The history of ${workflowId} has no start.`);
  return { input, chunks };
}
