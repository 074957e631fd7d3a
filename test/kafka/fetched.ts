/** What a broker answers to a fetch, as bytes: https://kafka.apache.org/documentation/#recordbatch */
import { gzipSync } from 'node:zlib';

export interface StoredBatch {
  firstOffset: number;
  /** How many offsets it covers. */
  covers: number;
  /** The offsets of its records, counted from the first one. Without those that a compaction has removed. */
  records: readonly number[];
  /** `broken`: compressed, and not to be decompressed. `short`: it has not all of its records. */
  form: 'plain' | 'gzip' | 'broken' | 'short';
}

/** The value of the record at this offset. */
export function valueAt(offset: number | bigint): string {
  return `value of ${offset}`;
}

const GZIP = 1;

export function bytesOf({ covers, firstOffset, form, records }: StoredBatch): Buffer {
  const plain = Buffer.concat(records.map((delta) => recordBytes(delta, firstOffset + delta)));
  const content = {
    plain: () => plain,
    gzip: () => gzipSync(plain),
    broken: () => Buffer.from('this is not compressed at all'),
    short: () => gzipSync(plain.subarray(0, -1)),
  }[form]();
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(firstOffset), 0);
  header.writeInt32BE(49 + content.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(form === 'plain' ? 0 : GZIP, 21);
  header.writeInt32BE(covers - 1, 23);
  header.writeBigInt64BE(1_764_158_400_000n, 27);
  header.writeBigInt64BE(1_764_158_400_000n, 35);
  header.writeBigInt64BE(-1n, 43);
  header.writeInt32BE(records.length, 57);
  return Buffer.concat([header, content]);
}

function recordBytes(delta: number, offset: number): Buffer {
  const value = Buffer.from(valueAt(offset));
  const fields = Buffer.concat([
    Buffer.from([0, 0]),
    varInt(delta),
    varInt(-1),
    varInt(value.length),
    value,
    varInt(0),
  ]);
  return Buffer.concat([varInt(fields.length), fields]);
}

function varInt(value: number): Buffer {
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  const bytes: number[] = [];
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Buffer.from([...bytes, left]);
}

/** The response, version 11, with these record sets of one partition each. */
export function fetchResponse(recordSets: readonly Buffer[], aborted = 0): Buffer {
  const partitions = recordSets.map((records, partition) => {
    const before = Buffer.alloc(30);
    before.writeInt32BE(partition, 0);
    return Buffer.concat([
      before,
      int32(aborted === 0 ? -1 : aborted),
      Buffer.alloc(16 * aborted, 0xff),
      int32(-1),
      int32(records.length),
      records,
    ]);
  });
  const topic = Buffer.from('topic');
  const name = Buffer.concat([Buffer.from([0, topic.length]), topic]);
  const parts = [Buffer.alloc(10), int32(1), name, int32(partitions.length), ...partitions];
  return Buffer.concat(parts);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
