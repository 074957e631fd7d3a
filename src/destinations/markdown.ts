/** The one reading of Markdown: what is a heading on one platform is a heading on all of them. */
import MarkdownItConstructor, { type MarkdownIt, type Token } from 'markdown-it';

export type { MarkdownIt, Token };

/** What is wrong with text that is nothing but, say, definitions of links. */
export const NOTHING_TO_SHOW = 'content.text has nothing to show once its Markdown is rendered.';

/**
 * CommonMark with tables, strikethrough and bare http(s) links. HTML is text, so nothing of it can reach a platform, and
 * a line break is a line break, as people who write for chat expect.
 */
export function markdownParser(): MarkdownIt {
  const parser = new MarkdownItConstructor({ html: false, linkify: true, breaks: true });
  // Else "README.md" would be a link into Moldova's domain, and a host name without a scheme a guess.
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  return parser;
}

/** Cuts a list of tokens into its outermost blocks, each with the tokens inside it. */
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
