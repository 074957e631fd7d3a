/** How a post of a delivery is known again. */
import { createHash } from 'node:crypto';
import type { Post } from '../destination.js';

/**
 * The same for every attempt at one post, and different for all others. Discord makes one message of requests with one nonce
 * within some minutes, but shows the nonce only at that time: so it is also in the address of the embed, which no client shows
 * where the embed has no title. At most 25 characters: https://docs.discord.com/developers/resources/message#create-message
 */
export function nonceOf({ deliveryId, part }: Pick<Post, 'deliveryId' | 'part'>): string {
  const hash = createHash('sha256').update(JSON.stringify([deliveryId, part?.number ?? 1]));
  return hash.digest('base64url').slice(0, 24);
}

/** A name that is reserved, so that it leads nowhere. */
const MARK = 'https://example.com/sendproof/';

export function markOf(nonce: string): string {
  return MARK + nonce;
}
