/** Reads payloads without trust: every field may be missing, or be something else than the documentation says. */
import { isRecord } from '../lib/isRecord.js';
import { isNestedTooDeeply } from '../lib/nesting.js';
import { decodeUtf8 } from '../lib/text.js';
import { own } from '../lib/own.js';
import { Unusable } from './source.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Integers that a number can't hold, as ids of 64 bits, become texts: rounded, two of them could be the same event.
 *
 * @throws Unusable where the bytes are not UTF-8 or not JSON
 */
export function parseJson(body: Buffer): unknown {
  const text = decodeUtf8(body);
  if (text === undefined) throw new Unusable('The body is not UTF-8.');
  if (text.trim() === '') throw new Unusable('The body is empty.');
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (MANY_DIGITS.test(text)) value = JSON.parse(withExactIntegers(text));
  } catch {
    throw new Unusable('The body is not JSON.');
  }
  if (isNestedTooDeeply(value)) throw new Unusable('The body’s JSON is nested too deeply.');
  return value;
}

const MANY_DIGITS = /\d{16}/;
const LONG_INTEGER = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** @param json that can be parsed */
function withExactIntegers(json: string): string {
  let result = '';
  let at = 0;
  for (;;) {
    const quote = json.indexOf('"', at);
    const betweenTexts = json.slice(at, quote === -1 ? undefined : quote);
    result += betweenTexts.replace(LONG_INTEGER, (digits) =>
      Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`,
    );
    if (quote === -1) return result;
    at = endOfText(json, quote);
    result += json.slice(quote, at);
  }
}

/** Where the text ends that begins with this quotation mark. */
function endOfText(json: string, quote: number): number {
  let end = quote + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** @throws Unusable where it is not a JSON object */
export function parseJsonObject(body: Buffer): JsonObject {
  const value = parseJson(body);
  if (isObject(value)) return value;
  throw new Unusable('The body is JSON, but not an object.');
}

export function isObject(value: unknown): value is JsonObject {
  return isRecord(value);
}

/** What is at this path, as `at(payload, 'event', 'data', 'id')`; undefined where something on the way is missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (Array.isArray(here) && typeof step === 'number') here = (here as unknown[])[step];
    else if (isObject(here) && typeof step === 'string') here = own(here, step);
    else return undefined;
  }
  return here;
}

/** The text at this path; undefined where there is none, or an empty one. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  if (typeof found === 'number') return String(found);
  return typeof found === 'string' && found.trim() !== '' ? found : undefined;
}

/** The list at this path; empty where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as unknown[]) : [];
}
