import { oneOf, startsWith } from './visibilityText.js';
import { destinationSchema } from '../../domain/destination.js';

/**
 * A visibility query for what a person types. "PagerDuty 55", in any order and with other words between: a source and a
 * reference. One word: the beginning of a key or of a reference, a source, a trace id, or a destination. Temporal compares
 * letters as they are, so each word is looked for as it was typed and in small letters, as sources mostly call themselves.
 */
export function freeTextClause(text: string): string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const spelt = new Set(words.flatMap(spellings));
  const keys = new Set(spellings(words.join('-')).concat(spellings(text)));
  const clauses = [...keys].map((key) => startsWith('WorkflowId', key));
  if (words.length === 1) {
    clauses.push(
      ...[...spelt].map((word) => startsWith('SourceReference', word)),
      oneOf('Source', spelt),
      oneOf('TraceId', spelt),
    );
    // Temporal's SQLite searches lists as full text, and takes some of what a person may type for its syntax.
    const destination = destinationSchema.safeParse(text);
    if (destination.success) clauses.push(oneOf('Destination', [destination.data]));
  } else {
    clauses.push(`(${oneOf('Source', spelt)} AND ${oneOf('SourceReference', spelt)})`);
    clauses.push(oneOf('SourceReference', [text]));
  }
  return `(${clauses.join(' OR ')})`;
}

/** As typed, in small letters, and without the mark that people put before a number. */
function spellings(word: string): string[] {
  const bare = word.replace(/^#/, '');
  return [...new Set([word, word.toLowerCase(), bare, bare.toLowerCase()])].filter(
    (spelling) => spelling !== '',
  );
}
