/** The header `Prefer` of RFC 7240. What isn't understood is ignored, as that standard demands. */
import type { Request } from 'express';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const WORD = `(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")`;
/**
 * One preference with its parameters: `respond-async`, `wait=10`, `handling="lenient"; note=x`. Spaces are matched at one place
 * each, after what they follow: were they also matched before it, a long header could be matched in more ways than can be tried.
 */
const PREFERENCE = new RegExp(
  `^[ \\t]*(?<name>${TOKEN})[ \\t]*(?:=[ \\t]*(?:(?<value>${WORD})[ \\t]*)?)?(?:;[ \\t]*(?:${TOKEN}[ \\t]*(?:=[ \\t]*(?:${WORD}[ \\t]*)?)?)?)*$`,
);
/** Commas within quotes divide nothing. */
const ITEM = /(?:[^",]|"(?:[^"\\]|\\.)*"?)+/g;

/** Whether the sender prefers to be answered before its messages are started. */
export function prefersAsynchronous(request: Request): boolean {
  // Node.js joins a repeated header with commas.
  return isPreferred('respond-async', request.get('prefer') ?? '');
}

/** Whether a preference that has no value is in the header. Names have any case. */
export function isPreferred(name: string, header: string): boolean {
  return (header.match(ITEM) ?? []).some((item) => {
    const { name: given, value } = PREFERENCE.exec(item)?.groups ?? {};
    const isEmpty = value === undefined || value === '""';
    return isEmpty && given?.toLowerCase() === name;
  });
}
