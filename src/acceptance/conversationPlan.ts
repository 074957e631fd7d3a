/** Which conversation a message belongs to, and its place in it. */
import { createHash } from 'node:crypto';
import type { ConversationSettings } from '../config/conversations.js';
import type { ConversationPlan } from '../contract/conversation.js';
import { CONVERSATION_PREFIX } from '../contract/names.js';
import type { Destination } from '../domain/destination.js';
import type { Message } from '../domain/message.js';
import type { ConversationPlace } from '../domain/place.js';
import { utf8Length } from '../lib/text.js';

/** How far the clock of a source may be ahead of ours. */
const CLOCK_ALLOWANCE_MS = 5 * 60_000;

/**
 * Undefined where the message has no conversation. A time far in the future would keep all later messages from being shown, so it
 * counts as the time of acceptance.
 *
 * @param accepted when the message was accepted, as `acceptanceTimes` has it, where that was before now
 */
export function planConversation(
  { conversation, deliverAt }: Message,
  { forgetAfterMs, patienceMs }: ConversationSettings,
  accepted?: string,
): ConversationPlan | undefined {
  if (!conversation) return undefined;
  const { at, broadcast, key, mode, rank = 0 } = conversation;
  const acceptedAt = accepted ?? timeOf(acceptanceTimes(1));
  return {
    key,
    mode,
    at: at !== undefined && isCredible(at, { acceptedAt, deliverAt }) ? at : acceptedAt,
    rank,
    acceptedAt,
    forgetAfterMs,
    patienceMs,
    ...(broadcast && { broadcast }),
    hasOwnActivity: true,
  };
}

function isCredible(
  at: string,
  { acceptedAt, deliverAt = acceptedAt }: { acceptedAt: string; deliverAt: string | undefined },
): boolean {
  const latest = Math.max(Date.parse(acceptedAt), Date.parse(deliverAt)) + CLOCK_ALLOWANCE_MS;
  return Date.parse(at) <= latest;
}

/**
 * The conversation that a message belongs to, whether or not its post takes part in it.
 *
 * @param plan of the message, where it has a conversation
 */
export function conversationPlace(
  { conversation, partOf }: Message,
  plan: ConversationPlan | undefined,
): ConversationPlace | undefined {
  const belongsTo = conversation ?? partOf;
  if (!belongsTo) return undefined;
  const { at = new Date().toISOString(), key, rank = 0 } = belongsTo;
  return { key, at: plan?.at ?? at, rank };
}

/** Temporal's `limit.maxIDLength` counts bytes, and some servers set it to 255. */
const ID_MAX_BYTES = 255;

/**
 * The id of the workflow of a conversation at one destination. Destinations have no spaces, so no two conversations have one
 * id. A long id is hashed.
 */
export function conversationId(destination: Destination, key: string): string {
  const plain = `${destination} ${key}`;
  const isShort = utf8Length(CONVERSATION_PREFIX + plain) <= ID_MAX_BYTES;
  return (
    CONVERSATION_PREFIX + (isShort ? plain : createHash('sha256').update(plain).digest('base64url'))
  );
}

let lastMicroseconds = 0;

/**
 * The times of acceptance of so many messages, which are a microsecond apart: later with each call in this process, so that
 * messages of one millisecond have an order.
 *
 * @returns that of the first one, in microseconds
 */
export function acceptanceTimes(count: number): number {
  const first = Math.max(Date.now() * 1_000, lastMicroseconds + 1);
  lastMicroseconds = first + count - 1;
  return first;
}

/** ISO 8601, to the microsecond. */
export function timeOf(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1_000);
  const rest = String(microseconds % 1_000).padStart(3, '0');
  return new Date(milliseconds).toISOString().replace('Z', `${rest}Z`);
}
