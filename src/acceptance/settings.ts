import { createHash } from 'node:crypto';
import type { MessageMemo } from '../contract/deliverMessage.js';
import { own } from '../lib/own.js';
import type { Conversation, Message } from '../domain/message.js';
import type { Schedule } from '../domain/rescheduling.js';

/**
 * The fields that don't identify a message, as they are compared with those of a duplicate. Times, priorities and choices are
 * kept as they are; of fallbacks, of the conversation and of the callback, whose URL may be a secret, a hash.
 */
export function settingsOf(message: Message): Record<string, string> {
  const { acknowledge, conversation, destinations, onAmbiguous, priority } = message;
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
  };
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
 * original's fields are unknown, since an earlier release accepted it.
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
  // Originals of earlier releases have no conversation.
  return Object.keys(duplicate).filter(
    (field) => (own(present, field) ?? '') !== own(duplicate, field),
  );
}
