/**
 * A document as Markdown again, for platforms that show Markdown. What is text in the document is written so that it stays text,
 * by escapes and invisible characters; markers are placed so that every parser reads them alike.
 */
import { withoutSpacesAround } from '../../lib/text.js';
import {
  byLink,
  linesOf,
  RULE,
  textOf,
  type Block,
  type List,
  type Run,
  type Style,
  type Table,
} from './document.js';
import { tableRuns } from './table.js';
import { fencedCode, LOOKS_LIKE_BACKTICK, ZERO_WIDTH_SPACE } from './wordMarkers.js';

/** What distinguishes one platform's Markdown from another's. */
export interface MarkdownDialect {
  /** Text within a line, in which nothing is markup. The beginning of a line is written by this module. */
  words: (text: string) => string;
  /** A link. Its address is one that `mayLinkTo` allows. */
  link: (link: { url: string; label: string; words: string }) => string;
  /** How many levels of headings there are. A lower one is bold. */
  headingLevels: number;
  /** Whether a quote can be in another one. */
  nestedQuotes: boolean;
  /** Whether code and tables can be in items of a list. */
  blocksInLists: boolean;
  /** Whether it has tables. Else they are text of fixed width. */
  tables: boolean;
  /** A line across. */
  rule: string;
  /** Whether it has emoji of its own, by codes such as `:party-parrot:`. */
  customEmoji: boolean;
}

/** Drawn where a platform has no line of its own. */
export const DRAWN_RULE = RULE;

/** An empty line between blocks. */
export function documentToMarkdown(blocks: readonly Block[], dialect: MarkdownDialect): string {
  return writtenBlocks(blocks, dialect, { inList: false, inQuote: false });
}

interface Around {
  inList: boolean;
  inQuote: boolean;
}

function writtenBlocks(blocks: readonly Block[], dialect: MarkdownDialect, around: Around): string {
  return blocks
    .map((block, index) => {
      // Two lists with nothing between them would be one, numbered throughout.
      const isAfterList = block.kind === 'list' && blocks[index - 1]?.kind === 'list';
      return `${isAfterList ? `${ZERO_WIDTH_SPACE}\n\n` : ''}${writtenBlock(block, dialect, around)}`;
    })
    .join('\n\n');
}

function writtenBlock(block: Block, dialect: MarkdownDialect, around: Around): string {
  switch (block.kind) {
    case 'paragraph':
      return inline(block.runs, dialect);
    case 'heading':
      return writtenHeading(block, dialect, around);
    case 'quote': {
      const inner = writtenBlocks(block.blocks, dialect, { ...around, inQuote: true });
      return around.inQuote && !dialect.nestedQuotes ? inner : inner.replace(/^/gm, '> ');
    }
    case 'list':
      return writtenList(block, dialect, around);
    case 'code':
      return fencedCode(block.text, CODE);
    case 'table':
      return dialect.tables
        ? writtenTable(block, dialect)
        : fencedCode(textOf(tableRuns(block).flatMap(withAddress)), CODE);
    case 'rule':
      return dialect.rule;
  }
}

const CODE = { words: identity, code: identity, line: identity };

function identity(text: string): string {
  return text;
}

function writtenHeading(
  { level, runs }: { level: number; runs: readonly Run[] },
  dialect: MarkdownDialect,
  { inList }: Around,
): string {
  const isBold = inList || level > dialect.headingLevels;
  if (isBold) return inline(runs.map(inBold), dialect);
  const line = runs.map((run) => ({ ...run, text: run.text.replaceAll('\n', ' ') }));
  return `${'#'.repeat(level)} ${inline(line, dialect)}`;
}

function inBold(run: Run): Run {
  return run.styles.includes('bold') ? run : { ...run, styles: ['bold', ...run.styles] };
}

function writtenList({ first, items }: List, dialect: MarkdownDialect, around: Around): string {
  return items
    .map((item, index) => {
      const marker = first === undefined ? '- ' : `${first + index}. `;
      return marker + writtenItem(item, ' '.repeat(marker.length), dialect, around);
    })
    .join('\n');
}

/** Its lines after the first one are set in. */
function writtenItem(
  item: readonly Block[],
  indent: string,
  dialect: MarkdownDialect,
  around: Around,
): string {
  return item
    .map((block, index) => {
      const written = writtenBlock(block, dialect, { ...around, inList: true });
      const isApart = !dialect.blocksInLists && (block.kind === 'code' || block.kind === 'table');
      if (isApart) return `\n${written}`;
      const lines = written.replaceAll('\n', `\n${indent}`);
      if (index === 0) return lines;
      // A list that doesn't begin with 1 needs the empty line, else it would go on with the paragraph before it.
      const isTight = block.kind === 'list' && (block.first ?? 1) === 1;
      return `${isTight ? '\n' : '\n\n'}${indent}${lines}`;
    })
    .join('');
}

function writtenTable({ rows }: Table, dialect: MarkdownDialect): string {
  const [header = [], ...others] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const row = (cells: Table['rows'][number]): string =>
    line(
      cells.map((cell) => {
        const runs = cell.map((run) => ({ ...run, text: run.text.replaceAll('\n', ' ') }));
        return inline(runs, dialect).replace(UNESCAPED_BAR, String.raw`$1\|`);
      }),
    );
  return [row(header), line(header.map(() => '---')), ...others.map(row)].join('\n');
}

/** A bar with an even number of backslashes before it, which escape each other. */
const UNESCAPED_BAR = /(?<!\\)((?:\\\\)*)\|/g;

/** Fixed-width text has no links: the address follows the label. */
function withAddress(run: Run, index: number, runs: readonly Run[]): Run[] {
  const { link } = run;
  if (link === undefined || runs[index + 1]?.link === link) return [run];
  const label = textOf(runs.filter((each) => each.link === link));
  return label === link.url ? [run] : [run, { text: ` (${link.url})`, styles: [] }];
}

/** A line of any text, in bold. */
export function boldMarkdown(line: string, dialect: MarkdownDialect): string {
  return inline([{ text: line, styles: ['bold'] }], dialect);
}

function inline(runs: readonly Run[], dialect: MarkdownDialect): string {
  return linesOf(runs)
    .map((line) => asPlainLine(joined(byLink(line).map((group) => grouped(group, dialect)))))
    .join('\n');
}

function grouped(group: readonly Run[], dialect: MarkdownDialect): string {
  const words = joined(group.map((run) => styled(run, dialect)));
  const url = group[0]?.link?.url;
  return url === undefined ? words : dialect.link({ url, label: textOf(group), words });
}

/** What would begin a heading, a quote, an item of a list, a line across, a table, or code at the beginning of a line. */
const BEGINS_BLOCK =
  /^(?:\s*(?:#{1,6}(?:\s|$)|-#\s|>|[-+*](?:\s|$)|\d+[.)](?:\s|$)|[-=*_~]{2,}\s*$|[|:-][\s|:-]*$)| {4}|\t)/;

function asPlainLine(line: string): string {
  return BEGINS_BLOCK.test(line) ? ZERO_WIDTH_SPACE + line : line;
}

/** Markers beside each other would be read as one. */
function joined(parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .map((part, index, all) => {
      const isBeside = /^[*~`]/.test(part) && MARKERS.includes(all[index - 1]?.at(-1) ?? ' ');
      return (isBeside ? ZERO_WIDTH_SPACE : '') + part;
    })
    .join('');
}

const MARKERS = '*~`';

/**
 * Spaces are outside of markers, each of which has a word beside it, or something that counts as one. Code with markers in it is
 * not emphasised: parsers that look for the end of an emphasis would find it there.
 */
function styled({ customEmoji, styles, text }: Run, dialect: MarkdownDialect): string {
  if (customEmoji !== undefined && dialect.customEmoji && !styles.includes('code')) return text;
  const { after, before, inner: words } = withoutSpacesAround(text);
  if (words === '') return text;
  if (styles.includes('code') && /[*_~]/.test(words)) return before + codeSpan(words) + after;
  const written = styles.includes('code') ? codeSpan(words) : dialect.words(words);
  const emphasis = '*'.repeat(count(styles, 'italic')) + '**'.repeat(count(styles, 'bold'));
  const strike = '~~'.repeat(count(styles, 'strike'));
  return before + marked(strike, marked(emphasis, written)) + after;
}

function count(styles: readonly Style[], style: Style): number {
  return styles.includes(style) ? 1 : 0;
}

function marked(marker: string, text: string): string {
  if (marker === '') return text;
  const left = /^[\p{L}\p{N}]/u.test(text) ? '' : ZERO_WIDTH_SPACE;
  const right = /[\p{L}\p{N}]$/u.test(text) ? '' : ZERO_WIDTH_SPACE;
  return marker + left + text + right + marker;
}

function codeSpan(text: string): string {
  return `\`${text.replaceAll('`', LOOKS_LIKE_BACKTICK)}\``;
}
