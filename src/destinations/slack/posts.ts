/** A message as the posts that show it on Slack: one where it fits, else several in a thread. */
import type { KnownBlock } from '@slack/web-api';
import type { Shortening } from '../../domain/delivery.js';
import { fittingDocument } from '../document/fitting.js';
import type { Block } from '../document/document.js';
import { parseDocument } from '../document/parseDocument.js';
import type { Show } from '../destination.js';
import { heading } from '../severity.js';
import type { SlackAccount } from './account.js';
import { richTextToMrkdwn } from './mrkdwn.js';
import {
  BLOCKS_JSON_LIMIT,
  BLOCKS_TEXT_LIMIT,
  contextBlocks,
  footerBlocks,
  NOTIFICATION_LIMIT,
  notification,
  sizeOf,
  textBlocks,
  titleBlock,
} from './render.js';
import { PIECE_LIMIT, richTextPieces, type Piece } from './richText.js';
import { shortenedMrkdwn } from './shortenRichText.js';

export interface SlackPost {
  /** What notifications and screen readers get. */
  text: string;
  blocks: KnownBlock[];
}

/**
 * A longer text is shortened, also where it is shown in parts. Plain text of the greatest length that a message may have fits;
 * text of many short items takes more room on Slack, and people read no more in a chat.
 */
export const MOST_PARTS = 15;

export interface SlackPosts {
  posts: SlackPost[];
  shortened?: Shortening | undefined;
}

/** @param longMessages the account's setting */
export function slackPosts(
  { content, correlation, inParts, page }: Show,
  longMessages: SlackAccount['longMessages'],
): SlackPosts {
  const mayTakeParts =
    inParts === 'always' || (inParts === 'as configured' && longMessages === 'parts');
  const most = mayTakeParts ? MOST_PARTS : 1;
  const title = heading(content);
  const around: Around = {
    title: title === undefined ? [] : [titleBlock(title)],
    context: [...contextBlocks(correlation), ...footerBlocks(page)],
  };
  const { blocks, shortened } = fittingDocument(
    content.text,
    parseDocument(content.text),
    page,
    (document) => packed(document, around, most) !== undefined,
  );
  const parts = packed(blocks, around, most) ?? [];
  const posts = parts.map((pieces, index): SlackPost => {
    const label = partLabel(index + 1, parts.length);
    const isFirst = index === 0;
    return {
      text: isFirst ? notification(title, blocks) : fallbackText(label, pieces),
      blocks: [
        ...(isFirst ? around.title : []),
        ...textBlocks(pieces),
        ...(parts.length === 1 ? [] : [labelBlock(label)]),
        ...(isFirst ? around.context : []),
      ],
    };
  });
  return { posts, shortened };
}

/** What the first post shows besides the text. */
interface Around {
  title: readonly KnownBlock[];
  context: readonly KnownBlock[];
}

/** In characters. */
interface Room {
  text: number;
  json: number;
}

/** The pieces of each post, as many as fit. Undefined where that would be more posts than `most`. */
function packed(
  document: readonly Block[],
  { context, title }: Around,
  most: number,
): Piece[][] | undefined {
  const taken = sizeOf([...title, ...context]);
  const parts: Piece[][] = [[]];
  let left: Room = { text: ROOM.text - taken, json: ROOM.json - taken };
  for (const block of document) {
    for (const piece of piecesOf(block)) {
      const needed = roomFor(piece);
      if (needed.text > left.text || needed.json > left.json) {
        if (parts.length === most) return undefined;
        parts.push([]);
        left = ROOM;
      }
      parts.at(-1)?.push(piece);
      left = { text: left.text - needed.text, json: left.json - needed.json };
    }
  }
  return parts;
}

/** More than the label of any part takes. */
const LABEL_SIZE = 200;

const ROOM: Room = { text: BLOCKS_TEXT_LIMIT - LABEL_SIZE, json: BLOCKS_JSON_LIMIT - LABEL_SIZE };

/** What `textBlocks` adds to a piece at most: a block of its own, or the line ends between two paragraphs. */
const AROUND_PIECE = 100;

function roomFor({ elements, length }: Piece): Room {
  return { text: length, json: JSON.stringify(elements).length + AROUND_PIECE };
}

/** Less than what the longest title and source leave of the first post. Only text of many short styles or items takes more. */
const LONGEST_PIECE_JSON = 6_000;

/** A block in pieces, each of which fits into a post. */
function piecesOf(block: Block): Piece[] {
  for (let limit = PIECE_LIMIT; ;) {
    const pieces = richTextPieces([block], limit);
    const largest = Math.max(0, ...pieces.map((piece) => roomFor(piece).json));
    if (largest <= LONGEST_PIECE_JSON || limit === 1) return pieces;
    limit = Math.max(1, Math.floor(0.9 * limit * (LONGEST_PIECE_JSON / largest)));
  }
}

function partLabel(number: number, of: number): string {
  return number === 1 ? `(1/${of}) continued in the thread` : `(${number}/${of})`;
}

function labelBlock(text: string): KnownBlock {
  return { type: 'context', elements: [{ type: 'plain_text', text, emoji: false }] };
}

/** The beginning of the pieces as one text. */
function fallbackText(label: string, pieces: readonly Piece[]): string {
  let text = label;
  for (const { elements } of pieces) {
    const left = NOTIFICATION_LIMIT - `${text}\n\n`.length;
    const next = shortenedMrkdwn(elements, left);
    if (next === '') return text.endsWith('…') ? text : `${text}…`;
    text = `${text}\n\n${next}`;
    if (next !== richTextToMrkdwn(elements)) return text;
  }
  return text;
}
