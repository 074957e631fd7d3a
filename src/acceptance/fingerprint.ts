import { createHash } from 'node:crypto';
import type { Message } from '../domain/message.js';

/**
 * What makes a message the same message: where it goes, what it says, and what it is about. Not: how urgent it is, when it
 * is to be delivered, what to do when in doubt, or its trace, which may differ from one sending of it to the next.
 */
function identifyingFields(message: Message): Record<string, unknown> {
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

/** 64 bits a field: enough to tell two texts apart, too little to find a text by. */
const HASH_LENGTH = 16;

/**
 * A hash of each identifying field, salted with the key so that the same text doesn't show as the same hash elsewhere.
 * Doesn't depend on the order of keys or destinations, nor on whether a default was written out.
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
  return Object.keys({ ...one, ...other }).filter((field) => one[field] !== other[field]);
}
