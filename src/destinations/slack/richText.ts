/**
 * A document as Slack's rich text: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block. Its elements name their
 * styles, and text in them is only text: no content can become markup, or mention `<!channel>`, a person or anything else.
 */
import type {
  RichTextElement,
  RichTextLink,
  RichTextList,
  RichTextPreformatted,
  RichTextQuote,
  RichTextSection,
  RichTextText,
} from '@slack/web-api';
import { splitRuns } from '../document/cut.js';
import {
  plainRun,
  RULE,
  unlink,
  type Block,
  type Link,
  type List,
  type Run,
} from '../document/document.js';
import { tableRuns } from '../document/table.js';

/** A list whose numbers go on after other elements. The SDK's type lacks `offset`, which Slack documents. */
export type NumberedList = RichTextList & { offset?: number };

export type RichText = RichTextSection | NumberedList | RichTextPreformatted | RichTextQuote;

/** What must stay in one block of a Slack message. */
export interface Piece {
  /** Of a list: its items, inner lists, and what else is in them. */
  elements: RichText[];
  /** Characters of text and addresses. */
  length: number;
}

/** The most characters of text in a piece. Rich text has no documented limit; a section has this one. */
export const PIECE_LIMIT = 3_000;

/** A longer address is shown as text, as Slack has limits on addresses: 3,000 in buttons and images. */
export const MAXIMUM_LINK_LENGTH = 2_000;

/** The deepest list: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block#element-types */
const DEEPEST_INDENT = 8;

/** The document in order, in pieces of at most so many characters, which each fit into a block. */
export function richTextPieces(blocks: readonly Block[], limit = PIECE_LIMIT): Piece[] {
  const around = { depth: 0, quotes: 0, limit };
  return blocks.flatMap((block) => packed(elementsOf([block], around), limit));
}

/** Joins the elements of one Markdown block while they fit. */
function packed(elements: readonly RichText[], limit: number): Piece[] {
  const pieces: Piece[] = [];
  for (const element of elements) {
    const length = lengthOfRichText(element);
    const last = pieces.at(-1);
    if (last && last.length + length <= limit) {
      last.elements.push(element);
      last.length += length;
    } else {
      pieces.push({ elements: [element], length });
    }
  }
  return pieces;
}

interface Surroundings {
  /** How many lists are around. */
  depth: number;
  /** How many quotes are around. */
  quotes: number;
  /** The most characters in an element. */
  limit: number;
}

function elementsOf(blocks: readonly Block[], around: Surroundings): RichText[] {
  return blocks.flatMap((block): RichText[] => {
    switch (block.kind) {
      case 'paragraph':
        return textElements(block.runs, around);
      case 'heading':
        return textElements(block.runs.map(inBold), around);
      case 'rule':
        return textElements([plainRun(RULE)], around);
      case 'quote':
        return elementsOf(block.blocks, { ...around, quotes: around.quotes + 1 });
      case 'list':
        return listElements(block, around);
      case 'code':
        return preformatted([plainRun(block.text)], around);
      case 'table':
        return preformatted(tableRuns(block), around);
    }
  });
}

function inBold(run: Run): Run {
  return { ...run, styles: ['bold', ...run.styles.filter((style) => style !== 'bold')] };
}

function joinedByLineEnds(lines: readonly (readonly Run[])[]): Run[] {
  return lines.flatMap((line, index) => (index === 0 ? line : [plainRun('\n'), ...line]));
}

function textElements(runs: readonly Run[], { quotes, limit }: Surroundings): RichText[] {
  return splitText(runs, limit).map((piece) => {
    const elements = piece.flatMap(inlineElements);
    if (quotes === 0) return { type: 'rich_text_section', elements };
    return { type: 'rich_text_quote', elements, ...(quotes > 1 && { border: 1 }) };
  });
}

/** Slack doesn't style text in code blocks, but has links in them. */
function preformatted(runs: readonly Run[], { quotes, limit }: Surroundings): RichText[] {
  return splitText(runs, limit).map((piece) => ({
    type: 'rich_text_preformatted',
    elements: piece.flatMap(({ text, link }) => textsOrLink(text, link)),
    ...(quotes > 0 && { border: 1 }),
  }));
}

/**
 * Items of a list have no blocks in them: what isn't text follows the list's element, and the list goes on in another one, with
 * its number.
 */
function listElements(list: List, around: Surroundings): RichText[] {
  const elements: RichText[] = [];
  list.items.forEach((item, index) => {
    const firstOther = item.findIndex((block) => !isText(block));
    const text = textOfItem(firstOther === -1 ? item : item.slice(0, firstOther));
    const others = firstOther === -1 ? [] : item.slice(firstOther);
    const number = list.first === undefined ? undefined : list.first + index;
    elements.push(...itemElements(text, number, elements.at(-1), around));
    elements.push(...elementsOf(others, { ...around, depth: around.depth + 1 }));
  });
  return elements;
}

function isText({ kind }: Block): boolean {
  return kind === 'paragraph' || kind === 'heading' || kind === 'rule';
}

function textOfItem(blocks: readonly Block[]): Run[] {
  return joinedByLineEnds(
    blocks.map((block) => {
      if (block.kind === 'paragraph') return block.runs;
      return block.kind === 'heading' ? block.runs.map(inBold) : [plainRun(RULE)];
    }),
  );
}

/** Adds the item to the list that is the last element, where it can go on. Returns what must follow. */
function itemElements(
  text: readonly Run[],
  number: number | undefined,
  last: RichText | undefined,
  around: Surroundings,
): RichText[] {
  // Slack counts from 1.
  if (number === 0) return textElements([plainRun('0. '), ...text], around);
  const [first = [plainRun(' ')], ...more] = splitText(text, around.limit);
  const rest = more.flatMap((piece) => textElements(piece, around));
  const section: RichTextSection = {
    type: 'rich_text_section',
    elements: first.flatMap(inlineElements),
  };
  const list: NumberedList = {
    type: 'rich_text_list',
    style: number === undefined ? 'bullet' : 'ordered',
    indent: Math.min(around.depth, DEEPEST_INDENT),
    ...(number !== undefined && number > 1 && { offset: number - 1 }),
    ...(around.quotes > 0 && { border: 1 }),
    elements: [section],
  };
  const length = lengthOfRichText(section);
  if (!goesOn(last, list, around.limit - length)) {
    listLengths.set(list, length);
    return [list, ...rest];
  }
  last.elements.push(section);
  listLengths.set(last, lengthOfList(last) + length);
  return rest;
}

/** Of lists that may still grow, so that an item takes the same time however many are before it. */
const listLengths = new WeakMap<NumberedList, number>();

function lengthOfList(list: NumberedList): number {
  return listLengths.get(list) ?? lengthOfRichText(list);
}

function goesOn(
  last: RichText | undefined,
  { style, indent }: NumberedList,
  longest: number,
): last is NumberedList {
  return (
    last?.type === 'rich_text_list' &&
    last.style === style &&
    last.indent === indent &&
    lengthOfList(last) <= longest
  );
}

function splitText(runs: readonly Run[], limit: number): (readonly Run[])[] {
  const shown = unlink(runs, ({ url }) => url.length > MAXIMUM_LINK_LENGTH);
  return splitRuns(shown, limit);
}

function inlineElements({ text, styles, link, customEmoji }: Run): RichTextElement[] {
  const style = styles.length > 0 && {
    style: Object.fromEntries(styles.map((name) => [name, true])),
  };
  if (customEmoji !== undefined && link === undefined) {
    return [{ type: 'emoji', name: customEmoji, ...style }];
  }
  return textsOrLink(text, link).map((element) => ({ ...element, ...style }));
}

/** Slack finds no mention in text, but software between may take it for mrkdwn: `<!channel>` is never in one element. */
const BEFORE_MENTION = /(?<=<)(?=[!@#])/;

/** The elements of text, with a link where it has one. */
export function textsOrLink(text: string, link: Link | undefined): (RichTextText | RichTextLink)[] {
  return text
    .split(BEFORE_MENTION)
    .map((part) =>
      link ? { type: 'link', url: link.url, text: part } : { type: 'text', text: part },
    );
}

/** Characters of text and addresses. */
export function lengthOfRichText(element: RichText | RichTextElement): number {
  if ('elements' in element) {
    return (element.elements as (RichText | RichTextElement)[]).reduce(
      (sum, each) => sum + lengthOfRichText(each),
      0,
    );
  }
  switch (element.type) {
    case 'text':
      return element.text.length;
    case 'link':
      return element.url.length + (element.text?.length ?? 0);
    case 'emoji':
      return element.name.length + 2;
    default:
      return 0;
  }
}
