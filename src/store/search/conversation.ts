import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import type { MessageRecord, MessageSummary } from '../../domain/messageState.js';
import { comparePlaces } from '../../domain/place.js';
import { readMessageRecord } from '../messageHistory.js';
import { searchMessages } from './messageSearch.js';

/** Some messages of a conversation, the oldest first. */
export interface ConversationPart {
  key: string;
  /** Of the newest message that says it: follow-ups mostly don't. */
  source: string | undefined;
  reference: string | undefined;
  /** Where the conversation is at its source. */
  url: string | undefined;
  messages: MessageRecord[];
  /** The number of older messages that could be shown. */
  earlier: number;
  /** The number of newer ones. */
  later: number;
}

/** Temporal's visibility has as many in one answer. Of a longer conversation, the messages that were accepted last are read. */
const MOST_MESSAGES = 1_000;

/** At once, so that other readers have room beside them. */
const MOST_READINGS = 10;

/**
 * Reads the messages of a conversation in the order in which they happened at their source. Undefined where none is known.
 *
 * @param key whole, of a tenant's conversation with the tenant in it
 * @param before how many of its messages are older than those to be read, and those to be read; undefined for the newest
 */
export async function readConversation(
  client: Client,
  key: string,
  {
    before,
    limit,
    tenant,
  }: { before?: number | undefined; limit: number; tenant: string | undefined },
): Promise<ConversationPart | undefined> {
  const { messages: found } = await searchMessages(
    client,
    { conversation: key, tenant },
    { limit: MOST_MESSAGES },
  );
  if (found.length === 0) return undefined;
  const ordered = inOrder(found);
  const end = Math.min(before ?? ordered.length, ordered.length);
  const earlier = Math.max(0, end - limit);
  const room = pLimit(MOST_READINGS);
  const read = await Promise.all(
    ordered
      .slice(earlier, end)
      .map(({ deduplicationKey }) => room(() => readMessageRecord(client, deduplicationKey))),
  );
  const messages = read.filter((message) => message !== undefined);
  const last = <T>(values: (T | undefined)[]): T | undefined =>
    values.findLast((value) => value !== undefined);
  return {
    key,
    source: last(ordered.map(({ source }) => source)),
    reference: last(ordered.map(({ reference }) => reference)),
    url: last(messages.map(({ correlation }) => correlation?.url)),
    messages,
    earlier,
    later: ordered.length - end,
  };
}

/** By their place in the conversation. Of one place, those that were accepted first come first. */
export function inOrder(newestFirst: readonly MessageSummary[]): MessageSummary[] {
  return newestFirst.toReversed().sort((one, other) => comparePlaces(placeOf(one), placeOf(other)));
}

function placeOf({ acceptedAt, conversation }: MessageSummary) {
  return { at: acceptedAt, rank: 0, ...conversation, acceptedAt };
}
