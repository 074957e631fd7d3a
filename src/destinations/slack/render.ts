/** A message as Slack shows it: Block Kit while it fits, one long text beyond that. */
import type { KnownBlock } from '@slack/web-api';
import type { Content, Correlation } from '../../domain/message.js';
import { NOTHING_TO_SHOW } from '../markdown.js';
import { heading } from '../severity.js';
import {
  characters,
  escapeMrkdwn,
  fenced,
  markdownToMrkdwn,
  MAXIMUM_LINK_LENGTH,
  mrkdwnLink,
  type MrkdwnPart,
} from './mrkdwn.js';

/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const SECTION_LIMIT = 3_000;

/** https://docs.slack.dev/reference/block-kit/blocks/header-block */
export const HEADER_LIMIT = 150;

/** https://docs.slack.dev/reference/block-kit/blocks: at most 50 in a message. */
export const BLOCKS_LIMIT = 50;

/**
 * Slack answers `msg_blocks_too_long` above an undocumented total of all blocks: it was observed between 11,300 and 13,300
 * characters (github.com/slackapi/bolt-js, issues 2509 and 2867). This stays below.
 */
export const BLOCKS_TEXT_LIMIT = 10_000;

/** Slack cuts text above this: https://docs.slack.dev/reference/methods/chat.postMessage */
export const TEXT_LIMIT = 40_000;

/** The most characters that the heading and the context line need, escaped. */
const AROUND_TEXT_LIMIT = 3_000;

/** https://docs.slack.dev/reference/block-kit/composition-objects/text-object, and less, since it is one line. */
const CONTEXT_LIMIT = 2_000;

/** Far more than a phone's notification shows. People read the blocks. */
const NOTIFICATION_LIMIT = 1_000;

export interface SlackRendering {
  /** With blocks: what notifications and screen readers get. Without: the message, in mrkdwn. */
  text: string;
  blocks?: KnownBlock[];
}

export function renderForSlack(content: Content, correlation?: Correlation): SlackRendering {
  const parts = markdownToMrkdwn(content.text);
  const context = contextLine(correlation);
  const title = heading(content);
  const blocks = [
    ...(title === undefined ? [] : [titleBlock(title)]),
    ...sections(parts).map(sectionBlock),
    ...(context === undefined ? [] : [contextBlock(context)]),
  ];
  const whole = joinParts(parts);
  if (blocks.length <= BLOCKS_LIMIT && textLength(blocks) <= BLOCKS_TEXT_LIMIT) {
    const notification = title === undefined ? whole : `${escapeMrkdwn(title)}\n${whole}`;
    return { text: shorten(notification, NOTIFICATION_LIMIT), blocks };
  }
  const bold = title === undefined ? undefined : `*${escapeMrkdwn(title)}*`;
  return { text: [bold, whole, context].filter((text) => text !== undefined).join('\n\n') };
}

/** Undefined when Slack can show the content whole; otherwise what is wrong. */
export function checkSlackContent(content: Content): string | undefined {
  const length = joinParts(markdownToMrkdwn(content.text)).length;
  const limit = TEXT_LIMIT - AROUND_TEXT_LIMIT;
  if (length === 0) return NOTHING_TO_SHOW;
  if (length <= limit) return undefined;
  return `content.text takes ${length.toLocaleString('en')} characters as Slack’s markup, more than the ${limit.toLocaleString('en')} that Slack shows in one message beside its heading: shorten it, or link to the rest.`;
}

function joinParts(parts: readonly MrkdwnPart[]): string {
  return parts.map(({ kind, text }) => (kind === 'code' ? fenced(text) : text)).join('\n\n');
}

/**
 * Packs the parts into as few sections as possible, in order, none above the limit. A part that is too long for one is
 * split at line ends, else at spaces, else between characters; split code is fenced on both sides.
 */
export function sections(parts: readonly MrkdwnPart[]): string[] {
  const pieces = parts.flatMap(({ kind, text }) =>
    kind === 'code'
      ? splitText(text, SECTION_LIMIT - fenced('').length).map(fenced)
      : splitText(text, SECTION_LIMIT),
  );
  const packed: string[] = [];
  for (const piece of pieces) {
    const last = packed.at(-1);
    if (last !== undefined && last.length + 2 + piece.length <= SECTION_LIMIT) {
      packed[packed.length - 1] = `${last}\n\n${piece}`;
    } else {
      packed.push(piece);
    }
  }
  return packed;
}

/** What must not be cut, besides a grapheme cluster: a link, an escaped character. */
const LINK_OR_ESCAPE = /(<[^<>]*>|&(?:amp|lt|gt);)/;

function splitIntoUnits(text: string): string[] {
  return text
    .split(LINK_OR_ESCAPE)
    .flatMap((piece, index) => (index % 2 === 1 ? [piece] : characters(piece)));
}

/** Cuts at the last line end, else at the last space, within `limit` characters. Drops only that character. */
function splitText(text: string, limit: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > limit) {
    const line = rest.lastIndexOf('\n', limit);
    const cut = line > 0 ? line : cutWithinLine(rest, limit);
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut).replace(/^[\n ]/, '');
  }
  return rest === '' ? pieces : [...pieces, rest];
}

function cutWithinLine(text: string, limit: number): number {
  let cut = 0;
  let space = 0;
  for (const unit of splitIntoUnits(text.slice(0, limit + MAXIMUM_LINK_LENGTH))) {
    if (cut + unit.length > limit) break;
    if (unit === ' ' && cut > 0) space = cut;
    cut += unit.length;
  }
  if (space > 0) return space;
  // Only a single unit longer than the limit is cut, which no person writes.
  return cut > 0 ? cut : limit;
}

/** Cut between characters, with an ellipsis. */
function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, cutWithinLine(text, limit - 1))}…`;
}

function titleBlock(title: string): KnownBlock {
  // A header block is plain text of limited length. A longer heading becomes bold text.
  return title.length <= HEADER_LIMIT
    ? { type: 'header', text: { type: 'plain_text', text: title, emoji: false } }
    : sectionBlock(`*${escapeMrkdwn(title)}*`);
}

/** `verbatim`, so that Slack doesn't look for channels, people and links in text that is escaped already. */
function sectionBlock(text: string): KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

function contextBlock(text: string): KnownBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] };
}

/** The message's source, as `pagerduty · 55`, with a link to it where Slack accepts one of that length. */
function contextLine(correlation: Correlation | undefined): string | undefined {
  const words = [correlation?.source, correlation?.reference].filter((word) => word !== undefined);
  const label = escapeMrkdwn(words.join(' · '));
  const line = correlation?.url === undefined ? label : mrkdwnLink(correlation.url, label);
  return line === '' ? undefined : shorten(line, CONTEXT_LIMIT);
}

function textLength(blocks: readonly KnownBlock[]): number {
  return blocks.reduce((sum, block) => sum + JSON.stringify(block).length, 0);
}
