import type { SandboxPost } from '../posts.js';

/** Graph's ids are the milliseconds since the epoch, and unique within the channel. */
export function graphMessageId(channel: readonly SandboxPost[], postedAt: number): string {
  return String(Math.max(postedAt, Number(channel.at(-1)?.id ?? 0) + 1));
}
