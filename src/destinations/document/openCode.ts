/** Markdown that something else follows: a block of code without an end would take in all that is below it. */
import MarkdownItConstructor, { type Token } from 'markdown-it';
import { cutPoint } from '../../lib/cutText.js';

/** Blocks alone. Which they are doesn't depend on what is in their lines. */
const parser = new MarkdownItConstructor({ html: false }).disable('inline');

const HAS_FENCE = /`{3}|~{3}/;

/** The same, with an end for a block of code that has none. Blocks within quotes and lists end with those. */
export function closeOpenCode(markdown: string): string {
  // What would follow is in the block, or else in a paragraph.
  const last = blocksOf(`${markdown}\n\nx`).at(-1);
  return last?.type === 'fence' ? `${markdown}\n${last.markup}` : markdown;
}

/** Whether it has code between fences, which begins and ends with lines of its own. */
export function hasFencedCode(markdown: string): boolean {
  return blocksOf(markdown).some(({ type }) => type === 'fence');
}

function blocksOf(markdown: string): readonly Token[] {
  return HAS_FENCE.test(markdown) ? parser.parse(markdown, {}) : [];
}

/** The first `limit` UTF-16 units at most; where that isn't all, with an ellipsis, and with the end of a block of code that was cut. */
export function shortenMarkdown(markdown: string, limit: number): string {
  if (markdown.length <= limit) return markdown;
  const kept = closeOpenCode(markdown.slice(0, cutPoint(markdown, limit - 1)).trimEnd());
  // More on the line of a fence, and it ends no block.
  return /(?:`{3}|~{3})$/.test(kept) ? `${kept}\n…` : `${kept}…`;
}
