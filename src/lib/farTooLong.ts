/** Lists that are far longer than a schema allows. The schema would look at each entry before it says so. */
import { z } from 'zod';
import { isRecord } from './isRecord.js';
import { own } from './own.js';

export interface LongList {
  path: (string | number)[];
  maximum: number;
}

/** Up to so many entries the schema itself is fast enough. */
const FAR = 1_000;

/** The lists in the input that have more than 1,000 entries, and more than their schema allows. */
export function listsFarTooLong(
  schema: unknown,
  input: unknown,
  path: (string | number)[] = [],
): LongList[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodUnion) {
    return inner.options.flatMap((option) => listsFarTooLong(option, input, path));
  }
  if (inner instanceof z.ZodObject && isRecord(input)) {
    return Object.entries(inner.shape).flatMap(([name, field]) =>
      listsFarTooLong(field, own(input, name), [...path, name]),
    );
  }
  if (!(inner instanceof z.ZodArray) || !Array.isArray(input)) return [];
  if (input.length <= FAR) {
    return input.flatMap((entry, index) => listsFarTooLong(inner.element, entry, [...path, index]));
  }
  const { maximum } = inner._zod.bag as { maximum?: number };
  return maximum !== undefined && input.length > maximum ? [{ path, maximum }] : [];
}

/** The schema of what comes in, without what is optional, has a default or is transformed. */
function unwrapped(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodType) {
    const { in: into, innerType } = inner._zod.def as { in?: unknown; innerType?: unknown };
    const next = innerType ?? into;
    if (next === undefined) return inner;
    inner = next;
  }
  return inner;
}
