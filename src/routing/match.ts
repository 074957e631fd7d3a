/** `match:` of a route: each named field of the event must have one of the values. */
import { isRecord } from '../lib/isRecord.js';
import { z } from 'zod';
import type { SourceEvent } from '../domain/event.js';
import { fieldFault, fieldReader, valueFault } from './eventFields.js';
import { compileGlob } from '../lib/glob.js';

/** One field, and the patterns of which it must have one, or must have none. */
export interface Condition {
  field: string;
  anyOf: string[];
  negated: boolean;
}

/**
 * Fields of the event, or `labels.<name>`; each with one pattern or several, in which `*` stands for any text. `not` before
 * them turns the condition around.
 */
export const matchSchema = z.record(z.string(), z.unknown()).transform((fields, context) =>
  Object.entries(withLabelsFlat(fields)).flatMap(([field, given]): Condition[] => {
    const condition = readCondition(field, given);
    if (typeof condition !== 'string') return [condition];
    context.addIssue({ code: 'custom', path: [field], message: condition });
    return [];
  }),
);

/** `labels: { team: db }` is the same as `labels.team: db`. */
function withLabelsFlat(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, given]): [string, unknown][] =>
      field === 'labels' && isRecord(given)
        ? Object.entries(given).map(([label, each]) => [`labels.${label}`, each])
        : [[field, given]],
    ),
  );
}

const FORMS = 'must be a text, a list of texts, or { not: … } with such';

/** The condition, or what is wrong with it. */
function readCondition(field: string, given: unknown): Condition | string {
  const unknown = fieldFault(field);
  if (unknown !== undefined) return unknown;
  const negated = isRecord(given);
  if (negated && Object.keys(given).join() !== 'not') return FORMS;
  const listed = [negated ? given.not : given].flat();
  if (listed.length === 0) return 'must name at least one text';
  // YAML's numbers and booleans are meant as their text.
  if (!listed.every((each) => ['string', 'number', 'boolean'].includes(typeof each))) return FORMS;
  const anyOf = listed.map(String);
  if (anyOf.includes('')) return 'must not be empty; use "*" for any text';
  const exact = anyOf.flatMap((each) => compileGlob(each).exact ?? []);
  return (
    exact.map((each) => valueFault(field, each)).find((fault) => fault !== undefined) ?? {
      field,
      anyOf,
      negated,
    }
  );
}

/** Says why an event doesn't match; undefined where it does. What an event doesn't have is none of the values. */
export function compileMatch(
  conditions: readonly Condition[],
): (event: SourceEvent) => string | undefined {
  const compiled = conditions.map(({ anyOf, field, negated }) => {
    const read = fieldReader(field);
    const globs = anyOf.map(compileGlob);
    const mismatch = `${field} is ${negated ? '' : 'not '}${anyOf.join(' or ')}`;
    return (event: SourceEvent): string | undefined => {
      const value = read(event);
      const found = value !== undefined && globs.some(({ test }) => test(value));
      return found === negated ? mismatch : undefined;
    };
  });
  return (event) => {
    for (const condition of compiled) {
      const mismatch = condition(event);
      if (mismatch !== undefined) return mismatch;
    }
    return undefined;
  };
}
