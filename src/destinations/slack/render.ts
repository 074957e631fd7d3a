/** The blocks of a Slack post, and its text. */
import type { KnownBlock, RichTextBlock, RichTextElement } from '@slack/web-api';
import type { Correlation } from '../../domain/message.js';
import { LINK_WORDS, type MessagePage } from '../../domain/messagePage.js';
import { shortenToFit } from '../../lib/cutText.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import { type Block } from '../document/document.js';
import { shortenDocument } from '../document/shorten.js';
import { escapeMrkdwn, mrkdwnLink, plainMrkdwn, richTextToMrkdwn } from './mrkdwn.js';
import { PIECE_LIMIT, richTextPieces, textsOrLink, type Piece, type RichText } from './richText.js';

/** https://docs.slack.dev/reference/block-kit/blocks/header-block */
export const HEADER_LIMIT = 150;

/** https://docs.slack.dev/reference/block-kit/blocks: at most 50 in a message. */
export const BLOCKS_LIMIT = 50;

/**
 * Slack answers `msg_blocks_too_long` above an undocumented total of all blocks. It was observed between 11,300 and 13,300
 * characters of text, while 9,600 characters that took 15,500 as JSON were accepted (github.com/slackapi/bolt-js, issues 2509
 * and 2867). These stay below.
 */
export const BLOCKS_TEXT_LIMIT = 9_500;
export const BLOCKS_JSON_LIMIT = 15_000;

/** https://docs.slack.dev/reference/block-kit/composition-objects/text-object, and less, since it is one line. */
const CONTEXT_LIMIT = 2_000;

/** Slack recommends at most so many: https://docs.slack.dev/reference/methods/chat.postMessage. People read the blocks. */
export const NOTIFICATION_LIMIT = 4_000;

/** Of the notification, as it is written: a long heading leaves room for the text. */
const NOTIFICATION_TITLE_LIMIT = 2_000;

/** The document as one text of Slack’s markup. */
export function documentToMrkdwn(document: readonly Block[]): string {
  return document
    .map((block) => richTextPieces([block], Number.POSITIVE_INFINITY))
    .map((pieces) => richTextToMrkdwn(pieces.flatMap(({ elements }) => elements)))
    .join('\n\n');
}

/** How much of a text a place takes, and how that is counted. */
export interface TextRoom {
  limit: number;
  sizeOf: (text: string) => number;
}

const NOTIFICATION_ROOM: TextRoom = { limit: NOTIFICATION_LIMIT, sizeOf: (text) => text.length };

/** What notifications and screen readers get: the heading and the text, or their beginning. */
export function notification(
  title: string | undefined,
  document: readonly Block[],
  { limit, sizeOf }: TextRoom = NOTIFICATION_ROOM,
): string {
  const first = title === undefined ? '' : `${notificationTitle(title, sizeOf)}\n`;
  const text = (blocks: readonly Block[]): string => first + documentToMrkdwn(blocks);
  const fits = (blocks: readonly Block[]): boolean => sizeOf(text(blocks)) <= limit;
  return text(shortenDocument(document, fits, limit + 1) ?? []);
}

function notificationTitle(title: string, sizeOf: TextRoom['sizeOf']): string {
  const fits = (words: string): boolean => sizeOf(plainMrkdwn(words)) <= NOTIFICATION_TITLE_LIMIT;
  return plainMrkdwn(shortenToFit(title, fits));
}

/** Packs the pieces into as few blocks of rich text as possible, in order. */
export function textBlocks(pieces: readonly Piece[]): RichTextBlock[] {
  const blocks: { elements: RichText[]; length: number }[] = [];
  for (const { elements, length } of pieces) {
    const last = blocks.at(-1);
    if (last && last.length + length <= PIECE_LIMIT) {
      append(last.elements, elements);
      last.length += length;
    } else {
      blocks.push({ elements: [...elements], length });
    }
  }
  return blocks.map(({ elements }) => ({ type: 'rich_text', elements }));
}

/** As Slack's own editor does it: paragraphs are parts of one section, with an empty line between them. */
function append(elements: RichText[], [next, ...others]: readonly RichText[]): void {
  if (next === undefined) return;
  const last = elements.at(-1);
  if (next.type !== 'rich_text_section') {
    elements.push(next, ...others);
  } else if (last?.type === 'rich_text_section') {
    const gap = { type: 'text', text: '\n\n' } as const;
    const joined = { ...last, elements: [...last.elements, gap, ...next.elements] };
    elements.splice(-1, 1, joined, ...others);
  } else {
    const gap = { type: 'text', text: '\n' } as const;
    elements.push({ ...next, elements: [gap, ...next.elements] }, ...others);
  }
}

export function titleBlock(title: string): KnownBlock {
  // A header block is plain text of limited length. A longer heading becomes bold text. Slack escapes plain text too, and
  // doesn't say which of the two forms it counts.
  if (escapeMrkdwn(title).length <= HEADER_LIMIT) {
    return { type: 'header', text: { type: 'plain_text', text: title, emoji: false } };
  }
  const words = textsOrLink(title, undefined);
  return richText(words.map((element) => ({ ...element, style: { bold: true } })));
}

function richText(elements: RichTextElement[]): RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] };
}

/** The message's source, as `pagerduty · 55`, with a link to it. */
export function contextBlocks(correlation: Correlation | undefined): KnownBlock[] {
  const { label, url } = contextOf(correlation);
  if (label === '') return [];
  const text = contextText(correlation) ?? '';
  // `verbatim`, so that Slack doesn't look for channels, people and links in text that is escaped already.
  if (plainMrkdwn(label) === escapeMrkdwn(label) && text.length <= CONTEXT_LIMIT) {
    return [{ type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] }];
  }
  return [richText(textsOrLink(label, url === undefined ? undefined : { url }))];
}

/** The link to the page of the message; none where it would take too much of the post. */
export function footerBlocks({ footer }: MessagePage): KnownBlock[] {
  const text = footer === undefined ? '' : mrkdwnLink(footer, LINK_WORDS);
  if (text === '' || text.length > CONTEXT_LIMIT) return [];
  return [{ type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] }];
}

function contextText(correlation: Correlation | undefined): string | undefined {
  const { label, url } = contextOf(correlation);
  if (label === '') return undefined;
  return url === undefined ? plainMrkdwn(label) : mrkdwnLink(url, label);
}

/** `url` is undefined where there is none, or none that may be a link: then it is part of the label. */
function contextOf(correlation: Correlation | undefined): { label: string; url?: string } {
  const words = [correlation?.source, correlation?.reference].filter((word) => word !== undefined);
  const label = words.join(' · ').replaceAll('\n', ' ');
  const url = correlation?.url?.replaceAll('<', '%3C').replaceAll('>', '%3E');
  if (url === undefined) return { label };
  if (mayLinkTo(url)) return { label: label === '' ? url : label, url };
  return { label: label === '' ? url : `${label} (${url})` };
}

/** As it is sent. */
export function sizeOf(blocks: readonly KnownBlock[]): number {
  return blocks.reduce((sum, block) => sum + JSON.stringify(block).length, 0);
}
