/** `match:` of a route: each named field of the event must have one of the values. */
import { z } from 'zod';
import type { SourceEvent } from '../domain/event.js';
import { glob } from '../lib/glob.js';
import { own } from '../lib/own.js';

const FIELDS = [
  'source',
  'key',
  'reference',
  'conversation',
  'state',
  'severity',
  'title',
  'url',
] as const;

const pattern = z.string().min(1, 'must not be empty');

/** Fields of the event, or `labels.<name>`; each with one pattern or several, in which `*` stands for any text. */
export const matchSchema = z.record(z.string(), z.union([pattern, z.array(pattern).min(1)]));

export function compileMatch(
  match: z.output<typeof matchSchema>,
): (event: SourceEvent) => string | undefined {
  const conditions = Object.entries(match).map(([field, given]) => {
    const patterns = [given].flat();
    const tests = patterns.map(glob);
    return (event: SourceEvent): string | undefined => {
      const value = valueOf(event, field);
      if (value !== undefined && tests.some((test) => test(value))) return undefined;
      return `${field} is not ${patterns.join(' or ')}`;
    };
  });
  return (event) => {
    for (const condition of conditions) {
      const mismatch = condition(event);
      if (mismatch !== undefined) return mismatch;
    }
    return undefined;
  };
}

function valueOf(event: SourceEvent, field: string): string | undefined {
  if (field.startsWith('labels.')) return own(event.labels, field.slice('labels.'.length));
  const known = FIELDS.find((each) => each === field);
  return known === undefined ? undefined : event[known];
}
