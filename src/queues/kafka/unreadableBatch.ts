/**
 * Batches that can't be decompressed. kafkajs would fail to fetch, again and again, and with that batch every partition that it fetches
 * together with it. So records without content stand for those of the batch, and each becomes a dead letter with its offset.
 */
import { HEADER_BYTES, recordBatchAt, type RecordBatch } from './recordBatch.js';

/** Each record takes memory, whatever the batch says of their number. */
const MOST_RECORDS = 50_000;

/** By the memory of the records that stand for others: why those can't be read. */
const reasons = new WeakMap<ArrayBufferLike, string>();

/** Why the record can't be read; undefined for one that was. */
export function unreadableReason({ value }: { value: Buffer | null }): string | undefined {
  return value === null ? undefined : reasons.get(value.buffer);
}

/**
 * The records of a batch, decompressed, or records that stand for them.
 *
 * @param compressed where the library has it: after the batch's header in the same memory
 * @throws the error of the decompression, with the remedy, where the batch has more records than can be stood for
 */
export async function decompressedOrStandIns(
  compressed: Buffer,
  decompress: (compressed: Buffer) => Buffer | Promise<Buffer>,
): Promise<Buffer> {
  const batch = batchOf(compressed);
  try {
    const records = await decompress(compressed);
    if (batch) assertHasRecords(records, batch.count);
    return records;
  } catch (error) {
    if (!batch) throw error;
    const { message } = error as Error;
    const offsets = `the offsets ${batch.firstOffset} to ${batch.lastOffset}`;
    if (batch.count > MOST_RECORDS) {
      throw new Error(
        `the batch of ${offsets} can’t be decompressed (${message}), and has more than ${MOST_RECORDS} records: set the offset of the group to ${batch.lastOffset + 1n} to pass over it`,
        { cause: error },
      );
    }
    return standIns(batch, `The batch of ${offsets} can’t be decompressed: ${message}`);
  }
}

/** Undefined where these bytes are not all that follows the header of a batch: older batches have another form. */
function batchOf(compressed: Buffer): RecordBatch | undefined {
  const from = compressed.byteOffset - HEADER_BYTES;
  if (from < 0) return undefined;
  const bytes = Buffer.from(compressed.buffer, from, HEADER_BYTES + compressed.length);
  const batch = recordBatchAt(bytes, 0);
  return batch?.end === bytes.length ? batch : undefined;
}

/** @throws RangeError where a record is longer than what is left */
function assertHasRecords(records: Buffer, count: number): void {
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const { end, value: length } = readVarInt(records, at);
    at = end + length;
    if (length < 0 || at > records.length) {
      throw new RangeError(
        `it has ${records.length} bytes, which end within its record ${index + 1} of ${count}`,
      );
    }
  }
}

/** As the library reads them: each has an offset, no key, a value of one byte and no headers. */
function standIns({ count, firstOffset, lastOffset }: RecordBatch, reason: string): Buffer {
  const last = Number(lastOffset - firstOffset);
  const records: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const offset = varInt(index === count - 1 ? last : index);
    const fields = [0, 0, ...offset, ...varInt(-1), ...varInt(1), 0, 0];
    records.push(...varInt(fields.length), ...fields);
  }
  // In memory of its own.
  const bytes = Buffer.alloc(records.length, Uint8Array.from(records));
  reasons.set(bytes.buffer, reason);
  return bytes;
}

/** ZigZag: https://protobuf.dev/programming-guides/encoding/#signed-ints */
function varInt(value: number): number[] {
  let left = ((value << 1) ^ (value >> 31)) >>> 0;
  const bytes: number[] = [];
  while (left >= 0x80) {
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  return [...bytes, left];
}

/** A length beyond 32 bits is none. */
function readVarInt(bytes: Buffer, at: number): { value: number; end: number } {
  let read = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) break;
    read += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80)
      return { value: read % 2 === 0 ? read / 2 : -(read + 1) / 2, end: at + index + 1 };
  }
  return { value: -1, end: at };
}
