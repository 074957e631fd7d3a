/**
 * How large the content of a compressed batch can be, by the headers of its frames and blocks. Anybody who may write to a topic
 * chooses these bytes: a library that believes them can be made to take all memory, or to run for hours, by some twenty bytes.
 */

/** Brokers take a batch of 1 MiB by default, compressed. */
export const LARGEST_BATCH_BYTES = 64 * 1024 * 1024;

/** @throws RangeError where it is larger than a batch may be */
export function withinBatch(bytes: number): number {
  if (bytes <= LARGEST_BATCH_BYTES) return bytes;
  throw new RangeError(
    `The compressed batch may have ${bytes} bytes, and at most ${LARGEST_BATCH_BYTES} are read.`,
  );
}

const LZ4_MAGIC = 0x184d2204;
/** By the code in the descriptor. */
const LZ4_BLOCK_BYTES = new Map([
  [4, 64 * 1024],
  [5, 256 * 1024],
  [6, 1024 * 1024],
  [7, 4 * 1024 * 1024],
]);
/** No byte of a block stands for more. */
const LZ4_MOST_PER_BYTE = 255;

/**
 * The most bytes that a frame of LZ4 can have: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 *
 * @throws Error where it is none, or too large
 */
export function lz4Bound(frame: Buffer): number {
  if (frame.readUInt32LE(0) !== LZ4_MAGIC) throw new Error('The batch is not a frame of LZ4.');
  const flags = frame.readUInt8(4);
  const blockBytes = LZ4_BLOCK_BYTES.get((frame.readUInt8(5) >> 4) & 7);
  if (blockBytes === undefined) throw new Error('The frame of LZ4 has an unknown size of blocks.');
  const hasChecksums = (flags & 0x10) !== 0;
  const hasSize = (flags & 0x08) !== 0;
  let bound = 0;
  for (let at = hasSize ? 15 : 7; at < frame.length;) {
    const header = frame.readUInt32LE(at);
    if (header === 0) break;
    const size = header & 0x7fff_ffff;
    at += 4 + size + (hasChecksums ? 4 : 0);
    if (at > frame.length) throw new Error('The frame of LZ4 ends within a block.');
    const isPlain = size !== header;
    bound = withinBatch(bound + (isPlain ? size : Math.min(blockBytes, LZ4_MOST_PER_BYTE * size)));
  }
  return bound;
}

const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_SKIPPABLE = 0x184d2a50;
const ZSTD_BLOCK_BYTES = 128 * 1024;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];

/**
 * Refuses frames of Zstandard (https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames) that are too large. Each block counts
 * as a whole one, since each costs as much.
 *
 * @throws Error where they are none, or too large
 */
export function assertZstandardWithinBatch(frames: Buffer): void {
  let bound = 0;
  for (let at = 0; at < frames.length;) {
    const magic = frames.readUInt32LE(at);
    if ((magic & 0xffff_fff0) >>> 0 === ZSTD_SKIPPABLE) {
      at += 8 + frames.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== ZSTD_MAGIC) throw new Error('The batch is not a frame of Zstandard.');
    const header = zstandardHeader(frames, at + 4);
    withinBatch(header.declared);
    at = header.end;
    for (let isLast = false; !isLast;) {
      const block = frames.readUIntLE(at, 3);
      isLast = (block & 1) === 1;
      const isRepeated = ((block >> 1) & 3) === 1;
      at += 3 + (isRepeated ? 1 : block >> 3);
      bound = withinBatch(bound + Math.max(ZSTD_BLOCK_BYTES, block >> 3));
    }
    if (header.hasChecksum) at += 4;
    if (at > frames.length) throw new Error('The frame of Zstandard ends within a block.');
  }
}

/** `declared`: the larger of its window and its size, as far as it says them. `end`: where its first block begins. */
function zstandardHeader(frames: Buffer, at: number) {
  const descriptor = frames.readUInt8(at);
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const window = isSingle ? 0 : windowOf(frames.readUInt8(at + 1));
  const sizeAt = at + (isSingle ? 1 : 2) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0);
  const end = sizeAt + sizeBytes;
  if (end > frames.length) throw new Error('The frame of Zstandard ends within its header.');
  const size = littleEndian(frames.subarray(sizeAt, end)) + (sizeBytes === 2 ? 256 : 0);
  return { declared: Math.max(window, size), end, hasChecksum: (descriptor & 4) !== 0 };
}

function windowOf(byte: number): number {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}

function littleEndian(bytes: Buffer): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}
