import type { Client } from '@temporalio/client';
import type { BatchInput, BatchSlice } from '../contract/batch.js';
import type { BatchEntry } from '../domain/batch.js';
import { openEntry } from '../store/sealedMessages.js';
import { vaultOf } from '../temporal/erasure/vaultOf.js';
import { ExpiringMap } from '../lib/expiringMap.js';
import { entriesOf } from '../store/batchContent.js';
import { readBatchContent } from '../store/batchHistory.js';

/** Compressed, usually some 100 KiB each; at most 16 MiB. */
const KEPT_RUNS = 4;
const KEPT_MS = 60_000;

type Content = Awaited<ReturnType<typeof readBatchContent>>;

export interface BatchPart extends Pick<BatchInput, 'traceId' | 'acceptedAtUs' | 'sentBy'> {
  entries: BatchEntry[];
  /** What each of them is sealed with; undefined where it isn't. */
  seals: (string | undefined)[];
  /** How many messages of the batch come before these. */
  before: number;
}

/** The messages of batches, of which the last few are kept: a batch is read once, and not for each of its slices. */
export class BatchContents {
  readonly #client: Client;
  readonly #kept = new ExpiringMap<Promise<Content>>(KEPT_MS, KEPT_RUNS);

  readonly #vault = () => vaultOf(this.#client);

  constructor(client: Client) {
    this.#client = client;
  }

  async read(
    execution: { workflowId: string; runId: string },
    { chunk, count, from }: BatchSlice,
  ): Promise<BatchPart> {
    const { chunks, input } = await this.#content(execution);
    const bytes = chunks.get(chunk);
    if (!bytes) throw new Error(`The batch has no chunk ${chunk}.`);
    const stored = (await entriesOf(bytes)).slice(from, from + count);
    const opened = await Promise.all(stored.map((each) => openEntry(this.#vault, each)));
    const entries = opened.map(({ entry }) => entry);
    const seals = opened.map(({ seal }) => seal);
    const { acceptedAtUs, chunkSizes, sentBy, traceId } = input;
    const before = chunkSizes.slice(0, chunk).reduce((sum, size) => sum + size, from);
    return { entries, seals, before, traceId, acceptedAtUs, sentBy };
  }

  #content(execution: { workflowId: string; runId: string }): Promise<Content> {
    const known = this.#kept.get(execution.runId);
    if (known) return known;
    const read = readBatchContent(this.#client, execution);
    this.#kept.set(execution.runId, read);
    read.catch(() => this.#kept.delete(execution.runId));
    return read;
  }
}
