/** The one Markdown parser: a heading on one platform is a heading on all of them. */
import MarkdownItConstructor, { type MarkdownIt, type Token } from 'markdown-it';
import cjkFriendly from 'markdown-it-cjk-friendly';
import { parseWithDefinitions } from './definitions.js';
import { emojiRule } from './emoji.js';
import { excessCellsRule } from './excessCells.js';

export type { Token };

/**
 * CommonMark with tables, strikethrough, bare http(s) links and codes of emoji. HTML is treated as text, so that none of it
 * reaches a platform, and a line break stays a line break, as is usual in chat.
 */
function createParser(): MarkdownIt {
  const parser = new MarkdownItConstructor({ html: false, linkify: true, breaks: true });
  // Otherwise "README.md" would become a link to a host in the domain .md, and "//" in code a link to a host.
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  parser.linkify.add('//', null).add('ftp:', null);
  // CommonMark takes no emphasis that ends with punctuation before a letter, and Chinese or Japanese has no space there.
  parser.use(cjkFriendly);
  parser.inline.ruler.after('linkify', 'emoji', emojiRule);
  parser.core.ruler.before('inline', 'excess_cells', excessCellsRule);
  // Every link is parsed. Where it may lead is decided in one place, for all platforms.
  parser.validateLink = () => true;
  // Tokens of definitions stay, so that those that nothing uses are found.
  return parser.disable('strip_references');
}

const parser = createParser();

/** The parser drops what is nested more deeply than it follows. Such text is parsed without quotes and lists. */
const shallowParser = createParser().disable(['blockquote', 'list']);

export function parseMarkdown(markdown: string): Token[] {
  const tokens = parseWithDefinitions(parser, markdown);
  const deepest = parser.options.maxNesting - 1;
  return tokens.some(({ level, nesting }) => nesting === 1 && level >= deepest)
    ? parseWithDefinitions(shallowParser, markdown)
    : tokens;
}
