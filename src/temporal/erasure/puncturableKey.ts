/**
 * One secret from which a key for each path follows, and which can forget single paths: the tree of Goldreich, Goldwasser and
 * Micali, https://doi.org/10.1145/6490.6503. Each node of a binary tree is 32 bytes, its children follow from it, and the leaf at the
 * end of a path is the key. To forget a path, the node above it is replaced by the siblings along the path: all other leaves still
 * follow, this one doesn't.
 */
import { createHmac, randomBytes } from 'node:crypto';

/** So many random bits that two messages never share a leaf in practice: of 10 million, the chance is 1 in 300,000. */
export const PATH_HEX_DIGITS = 16;
const NODE_BYTES = 32;

/** Nodes by their place, as `010`: the way from the root. None is above another. */
export type KeyNodes = ReadonlyMap<string, Buffer>;

export function newKeyNodes(): KeyNodes {
  return new Map([['', randomBytes(NODE_BYTES)]]);
}

/** A path that no other key has. */
export function newPath(): string {
  return randomBytes(PATH_HEX_DIGITS / 2).toString('hex');
}

/** 32 bytes; undefined where the path was forgotten. */
export function keyAt(nodes: KeyNodes, path: string): Buffer | undefined {
  const found = nodeAbove(nodes, path);
  if (!found) return undefined;
  let { node } = found;
  for (const bit of bitsOf(path).slice(found.place.length)) node = child(node, bit);
  return node;
}

/** Without this path. The nodes given still have it: overwrite them. */
export function without(nodes: KeyNodes, path: string): KeyNodes {
  const found = nodeAbove(nodes, path);
  if (!found) return nodes;
  const left = new Map(nodes);
  left.delete(found.place);
  let { node, place } = found;
  for (const bit of bitsOf(path).slice(place.length)) {
    const other = bit === '0' ? '1' : '0';
    left.set(place + other, child(node, other));
    node = child(node, bit);
    place += bit;
  }
  return left;
}

function nodeAbove(nodes: KeyNodes, path: string): { place: string; node: Buffer } | undefined {
  const bits = bitsOf(path);
  for (let length = 0; length <= bits.length; length += 1) {
    const place = bits.slice(0, length);
    const node = nodes.get(place);
    if (node) return { place, node };
  }
  return undefined;
}

function child(node: Buffer, bit: string): Buffer {
  return createHmac('sha256', node).update(bit).digest();
}

function bitsOf(path: string): string {
  const bits = PATH_HEX_DIGITS * 4;
  return BigInt(`0x${path}`).toString(2).padStart(bits, '0');
}
