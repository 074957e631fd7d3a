/** The messages of a batch as Temporal stores them: compressed, in chunks that Temporal takes. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { StoredBatchEntry } from '../domain/batch.js';
import { isSealed } from '../domain/sealedContent.js';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Uncompressed. A batch of 1,000 usual messages is one chunk. */
const LONGEST_TEXT_BYTES = 3 * 1024 * 1024;

/**
 * Compressed. Temporal takes 2 MiB in one payload, and some of that is for an encryption:
 * https://docs.temporal.io/cloud/limits#per-message-grpc-limit
 */
const LONGEST_CHUNK_BYTES = 1_800_000;

/** The longest message takes half a MiB, and at least one is in a chunk. Against what a stranger may have stored. */
const LONGEST_READ_BYTES = 2 * LONGEST_TEXT_BYTES;

export interface Chunk {
  bytes: Uint8Array;
  /** How many messages it has. */
  size: number;
}

/** The whole batch in chunks, in order. Few compress to almost nothing, and text that doesn't compress takes more chunks. */
export async function chunksOf(entries: readonly StoredBatchEntry[]): Promise<Chunk[]> {
  const texts = entries.map((entry) => JSON.stringify(entry));
  const write = entries.some(hasSealed) ? writtenSealed : written;
  const chunks: Chunk[] = [];
  let from = 0;
  while (from < texts.length) {
    const to = endOfChunk(texts, from);
    chunks.push(...(await compressed(texts.slice(from, to), write)));
    from = to;
  }
  return chunks;
}

/** The same in chunks of given sizes, as they were divided when the batch was sent first. */
export async function chunksOfSizes(
  entries: readonly StoredBatchEntry[],
  sizes: readonly number[],
): Promise<Uint8Array[]> {
  const write = entries.some(hasSealed) ? writtenSealed : written;
  let from = 0;
  const chunks: Uint8Array[] = [];
  for (const size of sizes) {
    const texts = entries.slice(from, from + size).map((entry) => JSON.stringify(entry));
    chunks.push(await compress(write(texts)));
    from += size;
  }
  return chunks;
}

export async function entriesOf(chunk: Uint8Array): Promise<StoredBatchEntry[]> {
  const text = await decompress(chunk, { maxOutputLength: LONGEST_READ_BYTES });
  const value = JSON.parse(text.toString()) as StoredBatchEntry[] | { sealed: StoredBatchEntry[] };
  return Array.isArray(value) ? value : value.sealed;
}

function endOfChunk(texts: readonly string[], from: number): number {
  let bytes = 0;
  let to = from;
  while (to < texts.length) {
    bytes += Buffer.byteLength(texts[to] ?? '') + ','.length;
    if (bytes > LONGEST_TEXT_BYTES && to > from) break;
    to += 1;
  }
  return to;
}

async function compressed(
  texts: readonly string[],
  write: (texts: readonly string[]) => string,
): Promise<Chunk[]> {
  const bytes = await compress(write(texts));
  if (bytes.length <= LONGEST_CHUNK_BYTES || texts.length === 1) {
    return [{ bytes, size: texts.length }];
  }
  const middle = Math.ceil(texts.length / 2);
  return [
    ...(await compressed(texts.slice(0, middle), write)),
    ...(await compressed(texts.slice(middle), write)),
  ];
}

function written(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}

/** Workers of releases that can't open sealed content fail at it, and leave it to others. */
function writtenSealed(texts: readonly string[]): string {
  return `{"sealed":${written(texts)}}`;
}

function hasSealed(entry: StoredBatchEntry): boolean {
  return 'message' in entry && isSealed(entry.message.content);
}
