/** Reads a channel's messages, newest first, for the post of a delivery. */
import { z } from 'zod';
import { DeliveryError } from '../../domain/delivery.js';
import { asTransient, permanent, unexpectedAnswer } from '../../http/failure.js';
import type { PostQuery } from '../destination.js';
import type { PageRequest, SearchedPage } from '../search.js';
import { PLATFORM } from './failures.js';
import { isSnowflake, snowflakeTime } from './path.js';
import { markOf, nonceOf } from './postMark.js';

/** Reads a resource below `/api/v10/`. Rejects only with DeliveryError. */
export type HistoryReader = (resource: string) => Promise<unknown>;

/** The largest page: https://docs.discord.com/developers/resources/message#get-channel-messages */
const PAGE_SIZE = 100;

/** How far our clock may be ahead of Discord's before a search misses the post. */
const CLOCK_ALLOWANCE_MS = 60_000;

const messagesSchema = z.array(
  z.object({
    id: z.string().refine(isSnowflake),
    channel_id: z.string().optional(),
    nonce: z.unknown().optional(),
    embeds: z.array(z.object({ url: z.unknown().optional() })).optional(),
  }),
);
const channelSchema = z.object({ last_message_id: z.string().nullish() });

/** One page. The cursor is the id of its last message. */
export async function pageOfChannel(
  read: HistoryReader,
  { deliveryId, part, path }: PostQuery,
  { cursor, since }: PageRequest,
): Promise<SearchedPage> {
  const query = new URLSearchParams({
    limit: String(PAGE_SIZE),
    ...(cursor !== undefined && { before: cursor }),
  });
  const messages = messagesSchema.safeParse(
    await read(`channels/${path}/messages?${query.toString()}`),
  ).data;
  if (!messages) throw asTransient(unexpectedAnswer(PLATFORM, 'a history without messages', 200));
  const nonce = nonceOf({ deliveryId, part });
  const mark = markOf(nonce);
  const found = messages.find(
    (message) => message.nonce === nonce || message.embeds?.some(({ url }) => url === mark),
  );
  if (found) return { found: { messageId: found.id, channel: found.channel_id ?? path } };
  const earliest = since.getTime() - CLOCK_ALLOWANCE_MS;
  const last = messages.at(-1);
  if (last === undefined) {
    if (cursor === undefined) await assertEmpty(read, path, earliest);
    return {};
  }
  const isWhole = messages.length < PAGE_SIZE || snowflakeTime(last.id) < earliest;
  return isWhole ? {} : { cursor: last.id };
}

/**
 * To a bot that may not read the history Discord shows none, as if there were no messages. So where a message was made since
 * then, the absence of all is no proof.
 */
async function assertEmpty(read: HistoryReader, path: string, earliest: number): Promise<void> {
  const last = channelSchema.safeParse(await read(`channels/${path}`)).data?.last_message_id;
  if (!last || !isSnowflake(last) || snowflakeTime(last) < earliest) return;
  throw new DeliveryError(
    `${PLATFORM} shows none of the channel’s messages: give the bot Read Message History in the channel.`,
    permanent('not_authorised'),
  );
}
