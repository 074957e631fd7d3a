/** The header of a record batch, as brokers store and send it: https://kafka.apache.org/documentation/#recordbatch */

export interface RecordBatch {
  firstOffset: bigint;
  /** What it covers. A record of this offset may be gone, where the topic is compacted. */
  lastOffset: bigint;
  /** How many records it has: none where all of them are gone, and the broker remembers their producer by it. */
  count: number;
  /** Where the next one begins. */
  end: number;
}

const LENGTH_AT = 8;
const AFTER_LENGTH = 12;
const MAGIC_AT = 16;
const MAGIC = 2;
const LAST_OFFSET_DELTA_AT = 23;
const COUNT_AT = 57;

/** Of the header: what follows are the records, perhaps compressed. */
export const HEADER_BYTES = 61;

/** Undefined where there is none, or only its beginning: a broker cuts off what it sends after so many bytes. */
export function recordBatchAt(bytes: Buffer, at: number): RecordBatch | undefined {
  if (at < 0 || at + HEADER_BYTES > bytes.length) return undefined;
  const end = at + AFTER_LENGTH + bytes.readInt32BE(at + LENGTH_AT);
  if (bytes[at + MAGIC_AT] !== MAGIC || end < at + HEADER_BYTES || end > bytes.length)
    return undefined;
  const firstOffset = bytes.readBigInt64BE(at);
  return {
    firstOffset,
    lastOffset: firstOffset + BigInt(bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT)),
    count: bytes.readInt32BE(at + COUNT_AT),
    end,
  };
}
