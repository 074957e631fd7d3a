import { createHash } from 'node:crypto';
import type { MessageMemo } from '../contract/deliverMessage.js';
import { own } from '../lib/own.js';
import type { Mentions } from '../domain/mentions.js';
import type { Conversation, Message } from '../domain/message.js';
import type { Schedule } from '../domain/rescheduling.js';

/**
 * The fields that don't identify a message, as they are compared with those of a duplicate. Times, priorities and choices are
 * kept as they are; of fallbacks, of the conversation, of the callback, whose URL may be a secret, and of whom the message mentions, a
 * hash.
 */
export function settingsOf(message: Message): Record<string, string> {
  const { acknowledge, content, conversation, destinations, onAmbiguous, priority } = message;
  const { mentions } = content;
  const { retryProfile = '' } = message;
  const fallbacks = destinations
    .filter(({ fallback }) => fallback.length > 0)
    .map(({ destination, fallback, fallbackAfterMs }) => [destination, fallback, fallbackAfterMs])
    .sort();
  return {
    ...timesOf(message),
    priority: String(priority),
    onAmbiguous,
    retryProfile,
    'destinations.fallback': hash([message.deduplicationKey, fallbacks]),
    acknowledge: hash([message.deduplicationKey, acknowledge]),
    conversation: conversation ? hash([message.deduplicationKey, comparable(conversation)]) : '',
    [MENTIONS]: mentions ? hash([message.deduplicationKey, inNoOrder(mentions)]) : '',
  };
}

const MENTIONS = 'content.mentions';

function inNoOrder({ channel, groups = [], here, users = [] }: Mentions): unknown[] {
  return [[...users].sort(), [...groups].sort(), here ?? false, channel ?? false];
}

/** The settings without what could confirm a guess at the content. */
export function settingsWithoutContent(
  settings: Record<string, string> = {},
): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([field]) => field !== MENTIONS));
}

function comparable({ at, broadcast, key, mode, rank = 0 }: Conversation): unknown[] {
  return [key, mode, normalised(at), rank, ...(broadcast ? ['broadcast'] : [])];
}

function timesOf({ deliverAt, expiresAt }: Schedule): Record<string, string> {
  return { deliverAt: normalised(deliverAt), expiresAt: normalised(expiresAt) };
}

/** In UTC, whatever the offset that it was written with. */
function normalised(time: string | undefined): string {
  return time === undefined ? '' : new Date(time).toISOString();
}

/** 64 bits, salted with the key. */
function hash(value: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/**
 * The names of the fields in which a duplicate differs from its original: what it asks for is ignored there. Empty where the
 * original's fields are unknown, since an earlier release accepted it. Whom an original mentions is also unknown where it is sealed.
 */
export function ignoredFields(
  original: Partial<MessageMemo>,
  duplicate: Record<string, string>,
): string[] {
  const { schedule, settings } = original;
  if (!settings) return [];
  const times =
    schedule &&
    timesOf({
      deliverAt: schedule.deliverAt ?? undefined,
      expiresAt: schedule.expiresAt ?? undefined,
    });
  const present = { ...settings, ...times };
  const isKnown = (field: string) => field !== MENTIONS || own(present, field) !== undefined;
  // Originals of earlier releases have no conversation.
  const differs = (field: string) => (own(present, field) ?? '') !== own(duplicate, field);
  return Object.keys(duplicate).filter((field) => isKnown(field) && differs(field));
}
