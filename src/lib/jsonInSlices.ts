/** Parses JSON of many megabytes in slices, so that other requests have their turn meanwhile: `JSON.parse` blocks for all of it. */
import { LoopBreaks } from './loopBreaks.js';
import { own } from './own.js';
import { addRepeatedNames, noteRepeatedNames, repeatedNames } from './repeatedNames.js';

/** What is parsed at once, in characters: a few milliseconds, whatever is in it. */
const USUAL_SLICE = 64 * 1024;

/** How deep lists and objects are taken apart: a map, the list in it, and the entries of that. */
const LEVELS = 2;

/** So many characters or texts are looked at between two questions whether a break is due. */
const STEPS = 8_192;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
/** All but the white space of JSON. */
const NO_SPACE = /[^ \t\n\r]/g;

/** In place of a value that is longer than what is parsed at once. */
export const TOO_LONG = Symbol('too long');

/** The text has a list or an object with more entries than are looked at. */
export class JsonTooLarge extends Error {
  override readonly name = 'JsonTooLarge';
}

interface Bounds {
  /**
   * The most characters of a value in the second level, as of a message in the list of a batch. One that is longer is `TOO_LONG`
   * instead, since parsing it takes as long as it is.
   */
  longest: number;
  /** The most entries of what is in the first and second level. */
  mostEntries: number;
  /** Is called with what was parsed at once, and throws where that is not allowed. */
  check?: (value: unknown) => void;
  slice?: number;
}

/**
 * The same value as `JSON.parse` makes of the text, but for what is too long.
 *
 * @throws SyntaxError where the text is no JSON, JsonTooLarge, and what `check` throws
 */
export async function parseJsonInSlices(
  text: string,
  { check = () => undefined, longest, mostEntries, slice = USUAL_SLICE }: Bounds,
): Promise<unknown> {
  return await parse(text, 0, { check, longest, mostEntries, slice, breaks: new LoopBreaks() });
}

interface Parsing extends Required<Bounds> {
  breaks: LoopBreaks;
}

function parseAtOnce(text: string, { check }: Parsing): unknown {
  const value: unknown = JSON.parse(text);
  check(value);
  noteRepeatedNames(text, value);
  return value;
}

async function parse(given: string, level: number, parsing: Parsing): Promise<unknown> {
  await parsing.breaks.take();
  if (given.length <= parsing.slice) return parseAtOnce(given, parsing);
  const text = given.slice(afterSpaces(given, 0), beforeSpaces(given));
  const first = text.charCodeAt(0);
  const isContainer = first === OPEN_LIST || first === OPEN_MAP;
  if (level >= LEVELS || !isContainer) {
    if (text.length > parsing.longest) return TOO_LONG;
    return parseAtOnce(text, parsing);
  }
  const isList = first === OPEN_LIST;
  if (text.charCodeAt(text.length - 1) !== (isList ? CLOSE_LIST : CLOSE_MAP)) {
    throw new SyntaxError('A list or an object has no end.');
  }
  const inner = text.slice(1, -1);
  return isList
    ? await parseList(inner, level + 1, parsing)
    : await parseMap(inner, level + 1, parsing);
}

async function parseList(inner: string, level: number, parsing: Parsing): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const { isLarge, text } of partsOf(inner, parsing)) {
    if (isLarge) values.push(await parse(text, level, parsing));
    else for (const value of parseAtOnce(`[${text}]`, parsing) as unknown[]) values.push(value);
    if (values.length > parsing.mostEntries) throw new JsonTooLarge();
  }
  return values;
}

async function parseMap(
  inner: string,
  level: number,
  parsing: Parsing,
): Promise<Record<string, unknown>> {
  const map: Record<string, unknown> = {};
  const repeated = new Set<string>();
  let count = 0;
  const set = (name: string, value: unknown): void => {
    if (own(map, name) !== undefined) repeated.add(name);
    // As `JSON.parse` does, for which `__proto__` is a name like any other.
    const property = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(map, name, property);
  };
  for await (const { isLarge, text } of partsOf(inner, parsing)) {
    if (isLarge) {
      const { name, rest } = nameOf(text);
      set(name, await parse(rest, level, parsing));
    } else {
      const some = parseAtOnce(`{${text}}`, parsing) as Record<string, unknown>;
      for (const path of repeatedNames(some)) {
        if (path.length === 1) repeated.add(String(path[0]));
      }
      for (const [name, value] of Object.entries(some)) set(name, value);
      count += Object.keys(some).length;
      if (count > parsing.mostEntries) throw new JsonTooLarge();
    }
  }
  addRepeatedNames(map, [...repeated]);
  return map;
}

function nameOf(entry: string): { name: string; rest: string } {
  const from = afterSpaces(entry, 0);
  if (entry.charCodeAt(from) !== QUOTE) throw new SyntaxError('A name is no text.');
  const to = endOfText(entry, from);
  const colon = afterSpaces(entry, to);
  if (entry.charCodeAt(colon) !== COLON) throw new SyntaxError('A name has no value.');
  return { name: JSON.parse(entry.slice(from, to)) as string, rest: entry.slice(colon + 1) };
}

interface Part {
  text: string;
  /** It is one entry, longer than a slice. Otherwise it is one or more, with commas between. */
  isLarge: boolean;
}

/** The entries of a list or an object, from what is between its brackets: small ones together, large ones each by itself. */
async function* partsOf(inner: string, parsing: Parsing): AsyncGenerator<Part> {
  const { breaks, slice } = parsing;
  if (afterSpaces(inner, 0) === inner.length) return;
  /** Where the next part begins, and the entry that is being looked at. */
  let start = 0;
  let from = 0;
  let depth = 0;
  let steps = 0;
  for (let at = 0; at <= inner.length; at += 1) {
    steps += 1;
    if (steps % STEPS === 0 && breaks.isDue) await breaks.take();
    // The last entry ends with the text.
    const code = at === inner.length ? COMMA : inner.charCodeAt(at);
    if (code === QUOTE) at = endOfText(inner, at) - 1;
    else if (code === OPEN_LIST || code === OPEN_MAP) depth += 1;
    else if (code === CLOSE_LIST || code === CLOSE_MAP) {
      depth -= 1;
      if (depth < 0) throw new SyntaxError('A bracket closes nothing.');
    } else if (code === COMMA && depth === 0) {
      if (afterSpaces(inner, from) >= at) throw new SyntaxError('An entry is empty.');
      if (at - from > slice) {
        if (from > start) yield { text: inner.slice(start, from - 1), isLarge: false };
        yield { text: inner.slice(from, at), isLarge: true };
        start = at + 1;
      } else if (at - start > slice) {
        yield { text: inner.slice(start, at), isLarge: false };
        start = at + 1;
      }
      from = at + 1;
    }
  }
  if (depth > 0) throw new SyntaxError('A bracket is not closed.');
  if (start < inner.length) yield { text: inner.slice(start), isLarge: false };
}

/** The index after the quote that ends the text that begins at `from`. */
function endOfText(inner: string, from: number): number {
  for (let at = from + 1; at < inner.length; at += 1) {
    const code = inner.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  throw new SyntaxError('A text has no end.');
}

/** The index of the first character from there on that is no white space; the length of the text where there is none. */
function afterSpaces(text: string, from: number): number {
  NO_SPACE.lastIndex = from;
  return NO_SPACE.exec(text)?.index ?? text.length;
}

function beforeSpaces(text: string): number {
  let at = text.length;
  while (at > 0 && ' \t\n\r'.includes(text.charAt(at - 1))) at -= 1;
  return at;
}
