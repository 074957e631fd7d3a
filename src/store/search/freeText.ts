/**
 * What a person types. "PagerDuty 55", in any order and with other words between: a source and a reference. One word: the
 * beginning of a key or of a reference, a source, a conversation, a trace id, or a destination. Temporal compares letters as
 * they are, so each word is looked for as it was typed and in small letters, as sources mostly call themselves.
 */
import { destinationSchema } from '../../domain/destination.js';
import type { MessageSummary } from '../../domain/messageState.js';
import { idInTenant, ownForm } from '../../domain/tenant.js';
import {
  conversationValue,
  searchableBeginning,
  searchableText,
  soughtDestination,
  soughtIdBeginning,
} from '../searchValues.js';
import { oneOf, startsWith } from './visibilityText.js';

/**
 * A visibility query that finds at least all messages that match.
 *
 * @param tenant whose own keys are typed
 */
export function freeTextClause(text: string, tenant: string | undefined): string {
  const { words, spelt, keys } = meanings(text);
  const clauses = [...keys].flatMap((key) => {
    const beginning = soughtIdBeginning(idInTenant(tenant, key));
    return beginning === undefined ? [] : [startsWith('WorkflowId', beginning)];
  });
  const conversations = [...keys].map((key) => idInTenant(tenant, key));
  clauses.push(oneOf('Conversation', conversations.map(conversationValue)));
  const values = [...spelt].map(searchableText);
  if (words.length === 1) {
    clauses.push(
      ...[...spelt].map((word) => startsWith('SourceReference', searchableBeginning(word))),
      oneOf('Source', values),
      oneOf('TraceId', values),
    );
    // Temporal's SQLite searches lists as full text, and takes some of what a person may type for its syntax.
    const destination = destinationSchema.safeParse(text);
    if (destination.success) clauses.push(oneOf('Destination', soughtDestination(text)));
  } else {
    clauses.push(referenceClause(text));
  }
  return `(${clauses.join(' OR ')})`;
}

/** A visibility query that finds at least the messages with the whole reference. */
export function referenceClause(text: string): string {
  const { words, spelt } = meanings(text);
  const values = [...spelt].map(searchableText);
  if (words.length === 1) return oneOf('SourceReference', values);
  const both = `(${oneOf('Source', values)} AND ${oneOf('SourceReference', values)})`;
  return `(${both} OR ${oneOf('SourceReference', [searchableText(text)])})`;
}

/** Whether a message has the whole reference. */
export function hasReference(text: string, { reference, source }: MessageSummary): boolean {
  const { words, spelt } = meanings(text);
  const isSpelt = (value: string | undefined) => value !== undefined && spelt.has(value);
  if (words.length === 1) return isSpelt(reference);
  return (isSpelt(source) && isSpelt(reference)) || reference === text;
}

/** Whether a message that the clause found is one that is meant. */
export function matchesFreeText(
  text: string,
  message: MessageSummary,
  tenant: string | undefined,
): boolean {
  const { words, spelt, keys } = meanings(text);
  const { conversation, deduplicationKey, destinations, reference, source, traceId } = message;
  const isSpelt = (value: string | undefined) => value !== undefined && spelt.has(value);
  if ([...keys].some((key) => deduplicationKey.startsWith(idInTenant(tenant, key)))) return true;
  if (conversation !== undefined && keys.has(ownForm(tenant, conversation.key))) return true;
  if (words.length !== 1) return hasReference(text, message);
  return (
    [...spelt].some((word) => reference?.startsWith(word)) ||
    isSpelt(source) ||
    isSpelt(traceId) ||
    destinations.includes(text)
  );
}

function meanings(text: string): { words: string[]; spelt: Set<string>; keys: Set<string> } {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return {
    words,
    spelt: new Set(words.flatMap(spellings)),
    keys: new Set(spellings(words.join('-')).concat(spellings(text))),
  };
}

/** As typed, in small letters, and without the mark that people put before a number. */
function spellings(word: string): string[] {
  const bare = word.replace(/^#/, '');
  return [...new Set([word, word.toLowerCase(), bare, bare.toLowerCase()])].filter(
    (spelling) => spelling !== '',
  );
}
