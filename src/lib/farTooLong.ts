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
export function listsFarTooLong(schema: unknown, input: unknown): LongList[] {
  return finderOf(schema)?.(input, []) ?? [];
}

type Find = (input: unknown, path: LongList['path']) => LongList[];

/** Of every schema that was asked for, since this is done with each request, and most of a schema holds no list. */
const finders = new WeakMap<z.ZodType, Find | undefined>();

/** Undefined where the schema has no list. */
function finderOf(schema: unknown): Find | undefined {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodType)) return undefined;
  if (!finders.has(inner)) finders.set(inner, newFinder(inner));
  return finders.get(inner);
}

function newFinder(schema: z.ZodType): Find | undefined {
  if (schema instanceof z.ZodUnion) return inOptions(schema);
  if (schema instanceof z.ZodObject) return inFields(schema);
  return schema instanceof z.ZodArray ? inList(schema) : undefined;
}

function inOptions({ options }: z.ZodUnion): Find | undefined {
  const finds = options.map(finderOf).filter((find) => find !== undefined);
  if (finds.length === 0) return undefined;
  return (input, path) => finds.flatMap((find) => find(input, path));
}

function inFields({ shape }: z.ZodObject): Find | undefined {
  const finds = Object.entries(shape).flatMap(([name, field]) => {
    const find = finderOf(field);
    return find ? [{ name, find }] : [];
  });
  if (finds.length === 0) return undefined;
  return (input, path) =>
    isRecord(input)
      ? finds.flatMap(({ find, name }) => find(own(input, name), [...path, name]))
      : [];
}

function inList(list: z.ZodArray): Find {
  const find = finderOf(list.element);
  const { maximum } = list._zod.bag as { maximum?: number };
  return (input, path) => {
    if (!Array.isArray(input)) return [];
    if (input.length <= FAR) {
      return find ? input.flatMap((entry, index) => find(entry, [...path, index])) : [];
    }
    return maximum !== undefined && input.length > maximum ? [{ path, maximum }] : [];
  };
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
