/** Writes a batch to Temporal. */
import { randomUUID } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client';
import type { Workflows } from '../contract/workflows.js';
import { batchChunkSignal, type BatchInput, type BatchMemo } from '../contract/batch.js';
import { batchWorkflowId, WORKFLOW_TASK_QUEUE } from '../contract/names.js';
import { traceIdAttribute } from '../contract/searchAttributes.js';
import type { StoredBatchEntry } from '../domain/batch.js';
import {
  encodeToPayloads,
  InternalWorkflowStartOptionsSymbol,
  type InternalWorkflowStartOptions,
} from '../temporal/sdkInternals.js';
import { chunksOf, chunksOfSizes } from './batchContent.js';
import { describeBatch, type BatchExecution } from './batches.js';

export interface NewBatch {
  id: string;
  entries: readonly StoredBatchEntry[];
  fingerprint: string;
  traceId: string;
  /** See `BatchInput`. */
  acceptedAtUs: number;
  sentBy?: string | undefined;
}

/** `started`: all of it was written. Otherwise Temporal has a run with this id already. */
export interface BatchStart {
  started: boolean;
  batch: BatchExecution;
}

/** Each try may find that the retention of a run has just ended. */
const MAXIMUM_TRIES = 3;

/**
 * Stores the batch in its workflow's history, and resolves when Temporal has all of it: with the start alone, mostly. Nothing of
 * it is started before.
 *
 * @param isOver whether a run is so old, or so incomplete, that the batch is a new one
 */
export async function startBatch(
  client: Client,
  batch: NewBatch,
  isOver: (existing: BatchExecution) => boolean,
): Promise<BatchStart> {
  const chunks = await chunksOf(batch.entries);
  const chunkSizes = chunks.map(({ size }) => size);
  const startToken = randomUUID();
  const [first = new Uint8Array(), ...others] = chunks.map(({ bytes }) => bytes);
  const start = startOptions(batch, { chunkSizes, startToken }, first);
  for (let tries = 0; tries < MAXIMUM_TRIES; tries += 1) {
    let known: BatchExecution | undefined;
    const runId = await tryStart(client, start);
    if (runId === undefined) {
      known = await describeBatch(client, batch.id);
      if (!known) continue;
      if (isOver(known)) {
        await tryStart(client, { ...start, ...replacing(known) });
        known = await describeBatch(client, batch.id);
        if (!known) continue;
      }
      if (known.memo.startToken !== startToken) return { started: false, batch: known };
    }
    await sendChunks(client, batch.id, others);
    return { started: true, batch: known ?? asStarted(batch, start.memo, runId ?? '') };
  }
  throw new Error('The batch is neither new nor known.');
}

/** Sends what may not have come of a batch that was begun before. What has come already is ignored. */
export async function completeBatch(
  client: Client,
  id: string,
  entries: readonly StoredBatchEntry[],
  { memo: { chunkSizes, progress }, closedAt }: BatchExecution,
): Promise<void> {
  if (progress !== undefined || closedAt !== undefined || chunkSizes.length < 2) return;
  const [, ...others] = await chunksOfSizes(entries, chunkSizes);
  await sendChunks(client, id, others);
}

/**
 * One after the other: each may be as long as a request to Temporal may be. A chunk has the same request id each time, so that Temporal
 * stores it once: a sender that tries again and again would fill the history up to its limit, at which Temporal ends the workflow.
 */
async function sendChunks(
  client: Client,
  id: string,
  others: readonly Uint8Array[],
): Promise<void> {
  const { identity, loadedDataConverter: converter, namespace } = client.options;
  for (const [index, bytes] of others.entries()) {
    const chunk = index + 1;
    await client.workflowService.signalWorkflowExecution({
      namespace,
      workflowExecution: { workflowId: batchWorkflowId(id) },
      signalName: batchChunkSignal.name,
      input: { payloads: (await encodeToPayloads(converter, chunk, bytes)) ?? null },
      requestId: `chunk-${chunk}`,
      identity,
    });
  }
}

type Start = ReturnType<typeof startOptions> & InternalWorkflowStartOptions;

/** Resolves with the id of the run, or undefined where there is one with this id already. */
async function tryStart(client: Client, options: Start): Promise<string | undefined> {
  try {
    const handle = await client.workflow.start<Workflows['batch']>('batch', options);
    return handle.firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** As `describeBatch` would have it, without asking Temporal. */
function asStarted({ entries, id }: NewBatch, memo: BatchMemo, runId: string): BatchExecution {
  const total = entries.length;
  const { refused } = memo;
  return {
    id,
    runId,
    status: 'queued',
    total,
    counts: { queued: total - refused, accepted: 0, duplicate: 0, refused, cancelled: 0 },
    acceptedAt: new Date().toISOString(),
    closedAt: undefined,
    historyLength: 0,
    memo,
  };
}

/** However many senders replace a run at the same instant, Temporal starts one: as with messages. */
function replacing({ runId }: BatchExecution) {
  return {
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    [InternalWorkflowStartOptionsSymbol]: { requestId: `restart-of-${runId}` },
  };
}

function startOptions(
  { acceptedAtUs, entries, fingerprint, id, sentBy, traceId }: NewBatch,
  { chunkSizes, startToken }: Pick<BatchMemo, 'chunkSizes' | 'startToken'>,
  first: Uint8Array,
) {
  const input: BatchInput = {
    chunkSizes,
    traceId,
    acceptedAtUs,
    ...(sentBy !== undefined && { sentBy }),
  };
  const refused = entries.filter((entry) => 'faults' in entry).length;
  const memo: BatchMemo = { fingerprint, startToken, chunkSizes, refused, traceId };
  return {
    workflowId: batchWorkflowId(id),
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE as WorkflowIdReusePolicy,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    taskQueue: WORKFLOW_TASK_QUEUE,
    args: [input, first] as [BatchInput, Uint8Array],
    memo: memo as BatchMemo & Record<string, unknown>,
    typedSearchAttributes: [{ key: traceIdAttribute, value: traceId }],
    staticSummary: `A batch of ${entries.length} messages`,
  };
}
