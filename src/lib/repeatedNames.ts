/**
 * Names that an object of a JSON text has more than once. `JSON.parse` keeps the last value of such a name and drops the others in
 * silence; other readers keep the first, so that a proxy may have checked another message than the one that is posted.
 */
import { own } from './own.js';

/** From a value to a name in it, as `['content', 'text']`. */
export type PathInJson = readonly (string | number)[];

/** Of the objects and lists that have such names in them, and are parsed by themselves. */
const notes = new WeakMap<object, PathInJson[]>();

/** Of one object or list: enough to see what is wrong. */
const MOST_NOTED = 20;

/** The whole is parsed by itself, and so is each item of a list in it. */
const NOTED_LEVELS = 3;

/** More than there may be items in a list, so that a large body of repeated names takes little longer than another one. */
const MOST_WITH_NOTES = 2_000;

/**
 * Notes the repeated names of a text. Without such names, which is nearly always so, this takes no longer than parsing does.
 *
 * @param value what `JSON.parse` makes of the text: an object, or one with a list of at most 1,000 objects, each of which is to be
 *   parsed by itself
 */
export function noteRepeatedNames(text: string, value: unknown): void {
  if (namesWritten(text) !== namesRead(value)) noteEach(text, value);
}

/** Where in such a value names were repeated, its own names first; at most 20. */
export function repeatedNames(value: unknown): readonly PathInJson[] {
  return typeof value === 'object' && value !== null ? (notes.get(value) ?? []) : [];
}

/** Notes names of an object that something else has found to be repeated in its text. */
export function addRepeatedNames(value: object, names: readonly string[]): void {
  if (names.length === 0) return;
  const paths = names.slice(0, MOST_NOTED).map((name) => [name]);
  notes.set(value, [...paths, ...(notes.get(value) ?? [])].slice(0, MOST_NOTED));
}

/** A copy of an object of a text with another field, and with what was noted of it. */
export function withField(value: object, name: string, field: unknown): Record<string, unknown> {
  const copy = { ...value, [name]: field };
  const noted = notes.get(value);
  if (noted) notes.set(copy, noted);
  return copy;
}

const QUOTE = '"'.charCodeAt(0);
const COLON = ':'.charCodeAt(0);

/** A colon outside of strings follows each name. */
function namesWritten(text: string): number {
  let names = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) names += 1;
  }
  return names;
}

function namesRead(root: unknown): number {
  let names = 0;
  const left: unknown[] = [root];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    const inner: unknown[] = Object.values(value);
    if (!Array.isArray(value)) names += inner.length;
    for (const each of inner) if (typeof each === 'object') left.push(each);
  }
  return names;
}

/** An object or a list of the text, around the place that is being read. */
interface Level {
  /** What was read of it. Of a value that was dropped, what came in its place. */
  value: unknown;
  /** Undefined for a list. */
  names: Set<string> | undefined;
  /** The name or the number of the value that is being read. */
  at: string | number;
  isNameNext: boolean;
}

function noteEach(text: string, root: unknown): void {
  const levels: Level[] = [];
  let withNotes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const level = levels.at(-1);
    switch (text.charAt(index)) {
      case '{':
        levels.push({ value: innerOf(level, root), names: new Set(), at: '', isNameNext: true });
        break;
      case '[':
        levels.push({ value: innerOf(level, root), names: undefined, at: 0, isNameNext: false });
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      case ',':
        if (level?.names) level.isNameNext = true;
        else if (typeof level?.at === 'number') level.at += 1;
        break;
      case '"': {
        const end = endOfString(text, index);
        const isRepeated = level?.isNameNext && readName(level, text.slice(index, end + 1));
        if (isRepeated && (withNotes < MOST_WITH_NOTES || levels.length === 1)) {
          withNotes += note(levels);
        }
        index = end;
      }
    }
  }
}

function innerOf(level: Level | undefined, root: unknown): unknown {
  if (!level) return root;
  const { at, value } = level;
  return typeof value === 'object' && value !== null
    ? own(value as Record<string, unknown>, String(at))
    : undefined;
}

/** Whether the object has had this name already. */
function readName(level: Level, written: string): boolean {
  const name = written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
  level.at = name;
  level.isNameNext = false;
  if (level.names?.has(name)) return true;
  level.names?.add(name);
  return false;
}

/** Returns how many values have their first note. */
function note(levels: readonly Level[]): number {
  let first = 0;
  for (const [index, { value }] of levels.slice(0, NOTED_LEVELS).entries()) {
    if (typeof value !== 'object' || value === null) continue;
    const noted = notes.get(value) ?? [];
    if (noted.length === 0) {
      notes.set(value, noted);
      first += 1;
    }
    const isOwn = index === levels.length - 1;
    if (noted.length >= MOST_NOTED && !isOwn) continue;
    const path = levels.slice(index).map(({ at }) => at);
    if (isOwn) noted.unshift(path);
    else noted.push(path);
    if (noted.length > MOST_NOTED) noted.pop();
  }
  return first;
}

/** The index of the quotation mark that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === '\\') before -= 1;
  return (at - 1 - before) % 2 === 1;
}
