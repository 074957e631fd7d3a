/** Whether a message may take several posts, one after the other, at some platform. */
import type { Content, Correlation } from './message.js';

/**
 * Slack's post has the least room: 9,500 characters of text, or 15,000 of JSON. It is below both, as the elements around the text
 * take room too.
 */
const ROOM = 6_000;
/** The JSON of a run of text with styles, of a link, or of an item of a list, of which each character of Markdown may begin one. */
const MARKUP_SIZE = 200;
/** Begins no run, but may be escaped in an address. */
const NON_ASCII_SIZE = 10;

/** The last two begin items of lists, of which several may be in one line. */
const MARKUP = /[\n*_~`[\]<>:|!&@]|[-+](?=\s)|\d[.)](?=\s)/g;
const NON_ASCII = /[^ -~\s]/g;
/** Its size isn't that of its Markdown: an address for many links, and a table, whose cells are filled with spaces. */
const REPEATING = /\]:|-\s*\||\|\s*:?-/;
/** Even a table of this length takes one post in practice. */
const SHORT = 500;

/**
 * Cheap, and on the safe side: it lays nothing out. Constant, as histories depend on it: a change of what it says about a message
 * needs a `patched` of its own in the workflow.
 */
export function mayTakeSeveralPosts({
  content,
  correlation,
}: {
  content: Content;
  correlation?: Correlation | undefined;
}): boolean {
  const { text, title = '' } = content;
  if (text.length > SHORT && REPEATING.test(text)) return true;
  const { source = '', reference = '', url = '' } = correlation ?? {};
  const around = JSON.stringify([title, source, reference, url]).length;
  const markup = countOf(MARKUP, text) * MARKUP_SIZE + countOf(NON_ASCII, text) * NON_ASCII_SIZE;
  // The address of a link may be its text too.
  return around + markup + 2 * JSON.stringify(text).length > ROOM;
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}
