import { createHash } from 'node:crypto';
import type { Post } from '../destination.js';

/** By which Google Chat knows a repeated request for what it is. */
export interface RequestIds {
  /** A UUID, as Google recommends: requests with one request id make one message. */
  requestId: string;
  /**
   * The message's own id, unique in its space: `client-` and at most 63 lower-case letters, digits and hyphens in all. A second
   * message of this id is refused, even after Chat has forgotten the request.
   */
  messageId: string;
}

/** The same for every attempt at one post, and different for all others. */
export function requestIdsOf({ deliveryId, part }: Pick<Post, 'deliveryId' | 'part'>): RequestIds {
  const hash = createHash('sha256').update(JSON.stringify([deliveryId, part?.number ?? 1]));
  const requestId = uuidOf(hash.digest());
  return { requestId, messageId: `client-${requestId}` };
}

/** A UUID of version 8, whose bits are the application's (RFC 9562). */
function uuidOf(bytes: Buffer): string {
  const uuid = Buffer.from(bytes.subarray(0, 16));
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x80;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
