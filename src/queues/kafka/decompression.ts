/** What producers compress records with, decompressed within bounds. sendproof compresses with gzip. */
import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import lz4 from 'lz4js';
import snappy from 'snappyjs';
import {
  assertZstandardWithinBatch,
  LARGEST_BATCH_BYTES,
  lz4Bound,
  withinBatch,
} from './compressedSize.js';

/** Of Java's Snappy streams: https://github.com/xerial/snappy-java#compatibility-notes */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** After the magic bytes follow two versions of four bytes each. */
const XERIAL_HEADER_BYTES = 16;
const LENGTH_BYTES = 4;

const unzipWithin = promisify(unzip);

/** Rejects where it has more bytes than a batch may have. */
export async function ungzip(compressed: Buffer): Promise<Buffer> {
  try {
    return await unzipWithin(compressed, { maxOutputLength: LARGEST_BATCH_BYTES });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? new RangeError(`it has more than ${LARGEST_BATCH_BYTES} bytes`) : error;
  }
}

/** One block, as librdkafka sends it, or Java's stream of blocks, each after its length. */
export function unsnappy(compressed: Buffer): Buffer {
  if (!compressed.subarray(0, XERIAL.length).equals(XERIAL)) {
    return Buffer.from(snappy.uncompress(compressed, LARGEST_BATCH_BYTES));
  }
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for (let at = XERIAL_HEADER_BYTES; at < compressed.length;) {
    const from = at + LENGTH_BYTES;
    at = from + compressed.readUInt32BE(at);
    const block = snappy.uncompress(compressed.subarray(from, at), LARGEST_BATCH_BYTES);
    bytes = withinBatch(bytes + block.length);
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}

export function unlz4(compressed: Buffer): Buffer {
  return Buffer.from(lz4.decompress(compressed, lz4Bound(compressed)));
}

export function unzstandard(compressed: Buffer): Buffer {
  assertZstandardWithinBatch(compressed);
  return Buffer.from(unzstd(compressed));
}
