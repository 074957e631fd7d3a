import { createHash, createHmac } from 'node:crypto';
import type { Message } from '../domain/message.js';
import { own } from '../lib/own.js';

/**
 * The fields that identify a message: destinations, content and correlation. Priority, times, `onAmbiguous` and trace are
 * left out: they may differ between two sendings of the same message. Mentions too: see `settingsOf`.
 */
export function identifyingFields(message: Message): Record<string, unknown> {
  const { content, correlation = {}, destinations } = message;
  return {
    destinations: destinations.map(({ destination }) => destination).sort(),
    'content.text': content.text,
    'content.title': content.title,
    'content.severity': content.severity,
    'correlation.source': correlation.source,
    'correlation.reference': correlation.reference,
    'correlation.url': correlation.url,
  };
}

/** 64 bits for each field: enough to distinguish two texts, too little to recover one. */
const HASH_LENGTH = 16;

/**
 * A hash of each identifying field, salted with the key so that the same text doesn't show as the same hash elsewhere.
 * Independent of the order of keys and destinations, and of whether defaults are written out.
 *
 * @param contentKey that of sealed content: without it nobody can test a guess at the content
 */
export function fingerprint(message: Message, contentKey?: Buffer): Record<string, string> {
  return Object.fromEntries(
    Object.entries(identifyingFields(message)).map(([field, value]) => {
      const hash =
        contentKey && isContent(field) ? createHmac('sha256', contentKey) : createHash('sha256');
      hash.update(JSON.stringify([message.deduplicationKey, field, value ?? null]));
      return [field, hash.digest('hex').slice(0, HASH_LENGTH)];
    }),
  );
}

/** The fields that are left to compare where the content was erased. */
export function withoutContent(known: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(known).filter(([field]) => !isContent(field)));
}

function isContent(field: string): boolean {
  return field.startsWith('content.');
}

/** The names of the fields in which two fingerprints differ. */
export function differingFields(
  one: Record<string, string>,
  other: Record<string, string>,
): string[] {
  return Object.keys({ ...one, ...other }).filter((field) => own(one, field) !== own(other, field));
}
