/** The one Markdown parser: a heading on one platform is a heading on all of them. */
import MarkdownItConstructor, { type MarkdownIt, type Token } from 'markdown-it';

export type { MarkdownIt, Token };

/** The error for text without visible content, as one that only defines links. */
export const NOTHING_TO_SHOW = 'content.text has nothing to show once its Markdown is rendered.';

/**
 * CommonMark with tables, strikethrough and bare http(s) links. HTML is treated as text, so that none of it reaches a
 * platform, and a line break stays a line break, as is usual in chat.
 */
export function markdownParser(): MarkdownIt {
  const parser = new MarkdownItConstructor({ html: false, linkify: true, breaks: true });
  // Otherwise "README.md" would become a link to a host in the domain .md.
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  return parser;
}

/** Splits a list of tokens into its outermost blocks, each with the tokens inside it. */
export function childBlocks(tokens: readonly Token[]): Token[][] {
  const blocks: Token[][] = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) blocks.push([]);
    blocks.at(-1)?.push(token);
    depth += token.nesting;
  }
  return blocks;
}
