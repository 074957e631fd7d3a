import type { Content } from '../domain/message.js';
import { shortenText } from '../lib/cutText.js';

/** In characters: as much as a list has room for. It is kept with each message, beside its content. */
const LONGEST = 120;

/** As much of a text as may have a first line worth reading. */
const LONGEST_BEGINNING = 1_000;

/** What a list shows of a message: its title, or else the first line of its text; undefined where neither says anything. */
export function messageTitle({ text, title }: Pick<Content, 'text' | 'title'>): string | undefined {
  const lines = text.slice(0, LONGEST_BEGINNING).split(/[\r\n]+/);
  const words = [title ?? '', ...lines.map(withoutMarks)].map((line) =>
    line.replace(/\s+/g, ' ').trim(),
  );
  const first = words.find((line) => /[\p{L}\p{N}\p{S}]/u.test(line));
  return first && shortenText(first, LONGEST);
}

/** Without what Markdown writes at the beginning of a line, and around words. A list shows plain text. */
function withoutMarks(line: string): string {
  return line.replace(/^\s*(?:#{1,6}|>|[-*+]|\d+\.)\s+/, '').replace(/\*\*|__|`/g, '');
}
