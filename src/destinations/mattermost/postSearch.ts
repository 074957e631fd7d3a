/** Reads a channel's posts, newest first and answers among them, for the post of a delivery. */
import { z } from 'zod';
import type { Receipt } from '../../domain/delivery.js';
import { asTransient, unexpectedAnswer } from '../../http/failure.js';
import type { Post, PostQuery } from '../destination.js';
import type { PageRequest, SearchedPage } from '../search.js';
import { PLATFORM } from './failures.js';

/** The property of a post that identifies its delivery. */
export const DELIVERY_PROP = 'sendproof_delivery';

/** The same for every attempt at one post, and different for all others. */
export function deliveryMark({ deliveryId, part }: Pick<Post, 'deliveryId' | 'part'>): string {
  return part === undefined || part.number === 1 ? deliveryId : `${deliveryId}/${part.number}`;
}

/** The largest page: https://developers.mattermost.com/api-documentation/#/operations/GetPostsForChannel */
const PAGE_SIZE = 200;

/** How far our clock may be ahead of the server's before a search misses the post. */
const CLOCK_ALLOWANCE_MS = 60_000;

export const postSchema = z.object({
  id: z.string().min(1),
  channel_id: z.string().min(1),
  root_id: z.string().nullish(),
  create_at: z.number().optional(),
  props: z.record(z.string(), z.unknown()).nullish(),
});
type MattermostPost = z.infer<typeof postSchema>;

const pageSchema = z.object({
  order: z.array(z.string()),
  posts: z.record(z.string(), postSchema),
});

/** The thread is that of the post that it answers. */
export function receiptOf({ channel_id: channel, id, root_id: thread }: MattermostPost): Receipt {
  return { messageId: id, channel, ...(thread && { thread }) };
}

/** One page. The cursor is the id of its last post. */
export async function pageOfChannel(
  read: (resource: string) => Promise<unknown>,
  query: PostQuery,
  { cursor, since }: PageRequest,
): Promise<SearchedPage> {
  const asked = new URLSearchParams({
    per_page: String(PAGE_SIZE),
    ...(cursor !== undefined && { before: cursor }),
  });
  const page = pageSchema.safeParse(
    await read(`channels/${query.path}/posts?${asked.toString()}`),
  ).data;
  if (!page) throw asTransient(unexpectedAnswer(PLATFORM, 'a list without posts', 200));
  const posts = new Map(Object.entries(page.posts));
  const listed = page.order.flatMap((id) => posts.get(id) ?? []);
  const mark = deliveryMark(query);
  const found = listed.find(({ props }) => props?.[DELIVERY_PROP] === mark);
  if (found) return { found: receiptOf(found) };
  const last = listed.at(-1);
  const earliest = since.getTime() - CLOCK_ALLOWANCE_MS;
  const isWhole = page.order.length < PAGE_SIZE || (last?.create_at ?? 0) < earliest;
  return isWhole || last === undefined ? {} : { cursor: last.id };
}
