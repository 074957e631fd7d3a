/** Which fields a template reads, found without rendering it. */
import { AssignTag, ForTag, type Liquid, type Template, type Variable } from 'liquidjs';
import { nearest, remedy } from '../lib/nearest.js';
import type { eventSchema } from '../domain/event.js';
import { EVENT_FIELDS } from './fields.js';

export interface TemplateFault {
  /** From 1. */
  line: number;
  message: string;
}

/** What any value has. */
const OF_ANY_VALUE = ['size', 'first', 'last'];

const OF_A_LOOP = ['first', 'index', 'index0', 'last', 'length', 'name', 'rindex', 'rindex0'];

type Field = keyof typeof eventSchema.shape;

/** Fields whose inner names are the sender's. */
const OPEN_FIELDS: readonly string[] = ['labels', 'raw'] satisfies Field[];

/** Each place that reads a field which no event has. */
export function unknownFields(liquid: Liquid, pieces: Template[]): TemplateFault[] {
  const { globals, variables } = liquid.analyzeSync(pieces, { partials: false });
  const aliases = aliasesIn(pieces);
  const everyUse = Object.values(variables).flat();
  const unset = new Set(Object.values(globals).flat());
  return everyUse.flatMap((variable) => {
    const message = faultOf(variable, unset.has(variable), aliases);
    return message === undefined ? [] : [{ line: variable.location.row, message }];
  });
}

function faultOf(
  { segments }: Variable,
  isUnset: boolean,
  aliases: ReadonlyMap<string, string[] | undefined>,
): string | undefined {
  const [root, ...path] = segments;
  if (typeof root !== 'string') return undefined;
  if (root === 'event') return fieldFault('event', path);
  if (isUnset) return unsetFault(root);
  if (root === 'forloop') return nameFault('forloop', path[0], OF_A_LOOP);
  const alias = aliases.get(root);
  return alias && fieldFault(root, [...alias, ...path], alias.length);
}

/** @param written what the template wrote for the first `skipped` names of the path */
function fieldFault(
  written: string,
  path: readonly (string | number | Variable)[],
  skipped = 0,
): string | undefined {
  const [field, inner] = path;
  if (typeof field === 'string' && OPEN_FIELDS.includes(field)) return undefined;
  if (skipped === 0) {
    const fault = nameFault(written, field, EVENT_FIELDS);
    if (fault !== undefined) return fault;
  }
  return skipped > 1 ? undefined : nameFault(`${written}.${String(field)}`, inner, OF_ANY_VALUE);
}

function nameFault(
  owner: string,
  name: string | number | Variable | undefined,
  known: readonly string[],
): string | undefined {
  if (typeof name !== 'string' || known.includes(name)) return undefined;
  return `there is no "${owner}.${name}"; ${remedy(name, known, `${owner}.`)}`;
}

function unsetFault(name: string): string {
  if (EVENT_FIELDS.includes(name)) return `there is no "${name}"; did you mean "event.${name}"?`;
  const meant = nearest(name, ['event']);
  const hint = meant === undefined ? 'use event, or assign it before' : `did you mean "${meant}"?`;
  return `there is no "${name}" here; ${hint}`;
}

/** What the template calls by another name, as `{% assign e = event %}`: the path below `event`. */
function aliasesIn(pieces: Template[]): Map<string, string[] | undefined> {
  const aliases = new Map<string, string[] | undefined>();
  const add = (name: string, path: string[] | undefined): void => {
    // A name that stands for several things is not followed.
    aliases.set(name, aliases.has(name) ? undefined : path);
  };
  for (const piece of everyPiece(pieces)) {
    if (piece instanceof ForTag) add(piece.variable, undefined);
    if (piece instanceof AssignTag) {
      const { identifier, path } = assigned(piece);
      add(identifier, path);
    }
  }
  return aliases;
}

function* everyPiece(pieces: Iterable<Template>): Generator<Template> {
  for (const piece of pieces) {
    yield piece;
    const children = piece.children?.(false, true);
    if (children) yield* everyPiece(childrenOf(children));
  }
}

/** LiquidJS hands children out as what its own loops resolve: a generator whose result they are. */
function childrenOf(children: Generator<unknown, Template[]>): Template[] {
  for (;;) {
    const { done, value } = children.next();
    if (done === true) return value;
  }
}

/** The name that an assignment gives, and the path below `event` where it gives it to just that. */
function assigned(tag: AssignTag): { identifier: string; path: string[] | undefined } {
  const identifier = [...tag.localScope()]
    .map((each) => (typeof each === 'string' ? each : each.content))
    .join('');
  const [value] = tag.arguments() as Iterable<unknown> as Iterable<AssignedValue>;
  return { identifier, path: value && pathOf(value) };
}

interface AssignedValue {
  filters: readonly unknown[];
  initial: { postfix: readonly { props?: readonly { content?: unknown }[]; variable?: unknown }[] };
}

function pathOf({ filters, initial }: AssignedValue): string[] | undefined {
  const [token, ...others] = initial.postfix;
  if (filters.length > 0 || others.length > 0 || !token?.props) return undefined;
  const names = token.props.map(({ content }) => content);
  const [root, ...path] = names;
  return root === 'event' && path.every((each) => typeof each === 'string') ? path : undefined;
}
