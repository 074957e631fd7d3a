import { createHash } from 'node:crypto';
import type { Message } from '../domain/message.js';
import { own } from '../lib/own.js';

/**
 * The fields that identify a message: destinations, content and correlation. Priority, times, `onAmbiguous` and trace are
 * left out: they may differ between two sendings of the same message.
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
 */
export function fingerprint(message: Message): Record<string, string> {
  return Object.fromEntries(
    Object.entries(identifyingFields(message)).map(([field, value]) => [
      field,
      createHash('sha256')
        .update(JSON.stringify([message.deduplicationKey, field, value ?? null]))
        .digest('hex')
        .slice(0, HASH_LENGTH),
    ]),
  );
}

/** The names of the fields in which two fingerprints differ. */
export function differingFields(
  one: Record<string, string>,
  other: Record<string, string>,
): string[] {
  return Object.keys({ ...one, ...other }).filter((field) => own(one, field) !== own(other, field));
}
