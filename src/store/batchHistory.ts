/** What the history of a batch has: its messages, and what became of each. */
import type { Client } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import type { BatchActivities } from '../contract/activities.js';
import {
  batchChunkSignal,
  type BatchInput,
  type BatchMessageResult,
  type BatchSlice,
} from '../contract/batch.js';
import { batchWorkflowId } from '../contract/names.js';
import type { StoredBatchEntry } from '../domain/batch.js';
import { ExpiringMap } from '../lib/expiringMap.js';
import { entriesOf } from './batchContent.js';
import type { BatchExecution } from './batches.js';
import type { HistoryEvent } from './messageEvents.js';
import { decodeValues } from './payloads.js';

/** One message of a batch. */
export interface BatchMessage {
  entry: StoredBatchEntry;
  /** Undefined before its turn, and where its turn never came. */
  result: BatchMessageResult | undefined;
}

const ACTIVITY: keyof BatchActivities = 'startBatchMessages';

/** The events of one run, as far as they have been read. They never change, and more only follow. */
class BatchHistory {
  input: BatchInput | undefined;
  readonly chunks = new Map<number, Uint8Array>();
  /** The id of the last event. */
  length = 0;
  /** By chunk and index in it, as `0.49`. */
  readonly #results = new Map<string, BatchMessageResult>();
  /** By the id of the event that scheduled it. */
  readonly #slices = new Map<string, BatchSlice>();

  /** Adds what follows, in order. */
  async add(converter: LoadedDataConverter, events: readonly HistoryEvent[]): Promise<void> {
    for (const event of events) {
      await this.#addOne(converter, event);
      this.length = Number(event.eventId);
    }
  }

  get bytes(): number {
    return [...this.chunks.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** In their order. Undefined while the sender has yet to send some of them. */
  async messages(chunkSizes: readonly number[]): Promise<BatchMessage[] | undefined> {
    const messages: BatchMessage[] = [];
    for (const chunk of chunkSizes.keys()) {
      const bytes = this.chunks.get(chunk);
      if (!bytes) return undefined;
      const entries = await entriesOf(bytes);
      messages.push(
        ...entries.map((entry, index) => ({
          entry,
          result: this.#results.get(`${chunk}.${index}`),
        })),
      );
    }
    return messages;
  }

  async #addOne(converter: LoadedDataConverter, event: HistoryEvent): Promise<void> {
    const {
      activityTaskCompletedEventAttributes: completed,
      activityTaskScheduledEventAttributes: scheduled,
      workflowExecutionSignaledEventAttributes: signaled,
      workflowExecutionStartedEventAttributes: started,
    } = event;
    if (started) {
      const [input, bytes] = await decodeValues<[BatchInput, Uint8Array]>(converter, started.input);
      this.input = input;
      this.chunks.set(0, bytes);
    } else if (signaled?.signalName === batchChunkSignal.name) {
      const values = await decodeValues<[number, Uint8Array]>(converter, signaled.input);
      const [chunk, bytes] = values;
      if (!this.chunks.has(chunk)) this.chunks.set(chunk, bytes);
    } else if (scheduled?.activityType?.name === ACTIVITY) {
      const [slice] = await decodeValues<[BatchSlice]>(converter, scheduled.input);
      this.#slices.set(String(event.eventId), slice);
    } else if (completed) {
      const slice = this.#slices.get(String(completed.scheduledEventId));
      if (!slice) return;
      const [results] = await decodeValues<[BatchMessageResult[]]>(converter, completed.result);
      for (const [index, result] of results.entries()) {
        this.#results.set(`${slice.chunk}.${slice.from + index}`, result);
      }
    }
  }
}

/** What the activity of a batch starts messages from: the input and the chunks of a run that has all of them. */
export async function readBatchContent(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<{ input: BatchInput; chunks: ReadonlyMap<number, Uint8Array> }> {
  const history = new BatchHistory();
  await readOn(client, workflowId, runId, history);
  const { chunks, input } = history;
  if (!input) throw new Error(`The history of ${workflowId} has no start.`);
  return { input, chunks };
}

/** Compressed messages; usually some 100 KiB of a batch, and at most 16 MiB. */
const MOST_KEPT_BYTES = 32 * 1024 * 1024;
const MOST_KEPT_RUNS = 100;
/** Since it was read last. So long what has been erased may still be shown. */
const KEPT_MS = 60_000;

/** Keeps what it has read lately: of a batch that has ended nothing is read again, and of one under way what has been added. */
export class BatchReader {
  readonly #kept: ExpiringMap<{ history: BatchHistory; reading: Promise<void> }>;
  readonly #mostBytes: number;

  constructor({ mostBytes = MOST_KEPT_BYTES, now = () => performance.now() } = {}) {
    this.#kept = new ExpiringMap(KEPT_MS, MOST_KEPT_RUNS, now);
    this.#mostBytes = mostBytes;
  }

  /** The messages of a run in their order. Undefined while the sender has yet to send some of them. */
  async messages(
    client: Client,
    { historyLength, id, memo, runId }: BatchExecution,
  ): Promise<BatchMessage[] | undefined> {
    const known = this.#kept.get(runId);
    const history = known?.history ?? new BatchHistory();
    // One reading of a run after the other: the next one mostly finds that nothing is left to read.
    const reading = (known?.reading ?? Promise.resolve()).then(async () => {
      if (history.length >= historyLength) return;
      await readOn(client, batchWorkflowId(id), runId, history);
    });
    const kept = { history, reading };
    this.#kept.set(runId, kept);
    try {
      await reading;
    } catch (error) {
      this.#kept.delete(runId);
      throw error;
    }
    this.#forgetBeyondBound();
    return await history.messages(memo.chunkSizes);
  }

  #forgetBeyondBound(): void {
    let bytes = 0;
    for (const [runId, { history }] of this.#kept.newestFirst()) {
      bytes += history.bytes;
      if (bytes > this.#mostBytes) this.#kept.delete(runId);
    }
  }
}

/** Reads what the history has beyond what is known. */
async function readOn(
  client: Client,
  workflowId: string,
  runId: string,
  history: BatchHistory,
): Promise<void> {
  const events =
    history.length === 0
      ? ((await client.workflow.getHandle(workflowId, runId).fetchHistory()).events ?? [])
      : await eventsAfter(client, { workflowId, runId }, history.length);
  await history.add(client.options.loadedDataConverter, events);
}

/** More than a poll or two of a batch under way finds to be new. */
const EVENTS_OF_A_PAGE = 100;

/** Temporal returns a history from its beginning, or from its end. */
async function eventsAfter(
  client: Client,
  execution: { workflowId: string; runId: string },
  known: number,
): Promise<HistoryEvent[]> {
  const newestFirst: HistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: client.workflow.options.namespace,
      execution,
      maximumPageSize: EVENTS_OF_A_PAGE,
      ...(nextPageToken && { nextPageToken }),
    });
    newestFirst.push(...(page.history?.events ?? []));
    ({ nextPageToken } = page);
    if (Number(newestFirst.at(-1)?.eventId ?? 0) <= known + 1) break;
  } while (nextPageToken.length > 0);
  return newestFirst.filter(({ eventId }) => Number(eventId) > known).reverse();
}
