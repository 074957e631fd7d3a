/**
 * What producers compress records with besides gzip, which kafkajs knows itself. Only decompressed here: sendproof compresses
 * with gzip.
 */
import { decompress as unzstd } from 'fzstd';
import lz4 from 'lz4js';
import snappy from 'snappyjs';

/** Of Java's Snappy streams: https://github.com/xerial/snappy-java#compatibility-notes */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** After the magic bytes follow two versions of four bytes each. */
const XERIAL_HEADER_BYTES = 16;
const LENGTH_BYTES = 4;

/** One block, as librdkafka sends it, or Java's stream of blocks, each after its length. */
export function unsnappy(compressed: Buffer): Buffer {
  if (!compressed.subarray(0, XERIAL.length).equals(XERIAL)) {
    return Buffer.from(snappy.uncompress(compressed));
  }
  const blocks: Uint8Array[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < compressed.length;) {
    const from = at + LENGTH_BYTES;
    at = from + compressed.readUInt32BE(at);
    blocks.push(snappy.uncompress(compressed.subarray(from, at)));
  }
  return Buffer.concat(blocks);
}

export function unlz4(compressed: Buffer): Buffer {
  return Buffer.from(lz4.decompress(compressed));
}

export function unzstandard(compressed: Buffer): Buffer {
  return Buffer.from(unzstd(compressed));
}
