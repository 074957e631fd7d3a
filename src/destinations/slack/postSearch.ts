/** Searches a channel's history, or a thread, for the post of a delivery. */
import type { WebClient } from '@slack/web-api';
import { DeliveryError } from '../../domain/delivery.js';
import { unexpectedAnswer } from '../../http/failure.js';
import type { Part, Post, PostQuery } from '../destination.js';
import type { PageRequest } from '../search.js';
import { call } from './client.js';

/** The type of the metadata that identifies a delivery's post: https://docs.slack.dev/messaging/message-metadata */
export const METADATA_TYPE = 'sendproof_delivery';

/** How far our clock may be ahead of Slack's before a search misses the post. */
const CLOCK_ALLOWANCE_MS = 60_000;

/** The largest page that Slack recommends: https://docs.slack.dev/reference/methods/conversations.history */
const PAGE_SIZE = 200;

interface Message {
  ts?: string;
  thread_ts?: string;
  metadata?: { event_type?: string; event_payload?: unknown };
}

/** Where a post is made: in a channel, in a thread of it where there is one. */
export function placeOf({ part, path, replyTo }: Pick<Post, 'part' | 'path' | 'replyTo'>): {
  channel: string;
  thread: string | undefined;
} {
  const first = part?.first;
  const channel = first?.channel ?? replyTo?.channel ?? path;
  // The parts of an answer are in the thread that it answers. One that stands by itself has a thread of its own.
  const answered = first?.standsAlone ? undefined : replyTo?.messageId;
  return { channel, thread: answered ?? first?.messageId };
}

/** One page of the place where the post would be. Rejects only with DeliveryError. */
export async function readPage(
  client: WebClient,
  query: PostQuery,
  request: PageRequest,
): Promise<{ found?: Message | undefined; cursor?: string | undefined }> {
  const page = await pageOfPlace(client, query, request);
  const messages: Message[] | undefined = page.messages;
  if (!Array.isArray(messages)) throw incompleteHistory('without messages');
  const { deliveryId, part } = query;
  // The channel also shows answers that were broadcast.
  const isInPlace = (message: Message) => placeOf(query).thread !== undefined || !isAnswer(message);
  const found = messages.find(
    (message) => isPostOf(deliveryId, part, message.metadata) && isInPlace(message),
  );
  if (found?.ts !== undefined) return { found };
  const next = page.response_metadata?.next_cursor;
  if (page.has_more && !next) throw incompleteHistory('with more pages, but no cursor');
  return { cursor: next === '' ? undefined : next };
}

async function pageOfPlace(client: WebClient, query: PostQuery, request: PageRequest) {
  const { channel, thread } = placeOf(query);
  const history = () =>
    call(() => client.conversations.history({ channel, ...historySince(query, request) }));
  if (thread === undefined) return history();
  try {
    return await call(() =>
      client.conversations.replies({ channel, ts: thread, ...pageOf(request) }),
    );
  } catch (error) {
    // Slack shows an answer to a post that is gone in the channel.
    if (query.replyTo && error instanceof DeliveryError && error.reason === 'post_not_found') {
      return await history();
    }
    throw error;
  }
}

function isPostOf(
  deliveryId: string,
  part: Part | undefined,
  metadata: Message['metadata'],
): boolean {
  const payload = metadata?.event_payload as { delivery_id?: unknown; part?: unknown } | undefined;
  return (
    metadata?.event_type === METADATA_TYPE &&
    payload?.delivery_id === deliveryId &&
    // A message of one post has no part in its metadata.
    (payload.part ?? 1) === (part?.number ?? 1)
  );
}

function historySince({ until }: PostQuery, request: PageRequest) {
  return {
    oldest: timestamp(request.since.getTime() - CLOCK_ALLOWANCE_MS),
    ...(until && { latest: timestamp(until.getTime() + CLOCK_ALLOWANCE_MS) }),
    inclusive: true,
    ...pageOf(request),
  };
}

function pageOf({ cursor }: PageRequest) {
  return {
    include_all_metadata: true,
    limit: PAGE_SIZE,
    ...(cursor !== undefined && { cursor }),
  };
}

/** Without the whole history, nobody knows that a post is absent. */
function incompleteHistory(what: string): DeliveryError {
  return unexpectedAnswer('Slack', `a history ${what}`, 200);
}

/** Seconds since the epoch, as Slack writes times. */
function timestamp(milliseconds: number): string {
  return Math.max(0, milliseconds / 1_000).toFixed(6);
}

/** Whether Slack shows a message in another one's thread. The first of a thread has a `thread_ts`, too: its own. */
export function isAnswer({ thread_ts, ts }: Pick<Message, 'thread_ts' | 'ts'>): boolean {
  return thread_ts !== undefined && thread_ts !== ts;
}
