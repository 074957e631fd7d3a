/**
 * The form in which search attributes hold texts that Temporal can't hold, or can't find, as they are. The memo has the
 * texts themselves.
 */
import { createHash } from 'node:crypto';

/** Temporal's limit on the value of one search attribute, as JSON: `limit.searchAttributesSizeOfValueLimit`. */
const VALUE_BYTES = 2_048;
/** 48 bits: short enough for as many destinations as a message may have, long enough for searches to find few others. */
const SHORT_NAME_LENGTH = 12;

/** The value of `Destination`: the destinations where they fit and can be looked for, otherwise a short name of each. */
export function destinationValues(destinations: readonly string[]): string[] {
  const fit = Buffer.byteLength(JSON.stringify(destinations)) <= VALUE_BYTES;
  return fit && destinations.every(isSearchable) ? [...destinations] : destinations.map(shortName);
}

/** What a search for messages to this destination looks for. */
export function soughtDestination(destination: string): string[] {
  return isSearchable(destination)
    ? [destination, shortName(destination)]
    : [shortName(destination)];
}

/** Temporal takes a question mark in a query for the place of a parameter where its database is PostgreSQL, and then fails. */
function isSearchable(destination: string): boolean {
  return !destination.includes('?');
}

function shortName(destination: string): string {
  return createHash('sha256').update(destination).digest('hex').slice(0, SHORT_NAME_LENGTH);
}

const LOOK_ALIKES: ReadonlyMap<string, string> = new Map([
  ['"', '\uFF02'],
  ['\\', '\uFF3C'],
  ["'", '\uFF07'],
  ['?', '\uFF1F'],
]);

/**
 * The value of `Source` and `SourceReference`. Temporal compares what stands in a query with its escapes and without quotes
 * at its ends, so it never finds a value with a quotation mark or a backslash. On PostgreSQL it can't look for a question mark. The
 * wide forms of these characters stand for them.
 */
export function searchableText(text: string): string {
  return text.replace(/["\\?]|^'+|'+$/g, (found) =>
    Array.from(found, (character) => LOOK_ALIKES.get(character) ?? character).join(''),
  );
}

/** Temporal's databases keep so many characters of a keyword. */
const KEYWORD_BYTES = 255;

/** The value of `Conversation`: the key where it fits, otherwise a hash of it. */
export function conversationValue(key: string): string {
  const value = searchableText(key);
  return Buffer.byteLength(value) <= KEYWORD_BYTES
    ? value
    : createHash('sha256').update(key).digest('base64url');
}

/** The beginning of a stored value that begins so. A quotation mark at the end of it may be within the value. */
export function searchableBeginning(text: string): string {
  return searchableText(text.replace(/(?<!^'*)'+$/, ''));
}

/**
 * As much of the beginning of a workflow's id as Temporal can look for; undefined if that is nothing. Ids are stored as they
 * are.
 */
export function soughtIdBeginning(text: string): string | undefined {
  const beginning = /^[^"\\?]*/.exec(text)?.[0].replace(/'+$/, '') ?? '';
  return beginning === '' || beginning.startsWith("'") ? undefined : beginning;
}
