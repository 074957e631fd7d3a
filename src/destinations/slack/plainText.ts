import type { KnownBlock } from '@slack/web-api';
import type { Shortening } from '../../domain/delivery.js';
import { noticeOf } from '../document/fitting.js';
import type { Show } from '../destination.js';
import { plainMrkdwn, richTextToMrkdwn } from './mrkdwn.js';
import { textBlocks } from './render.js';
import { PIECE_LIMIT, richTextPieces } from './richText.js';
import { shortenedMrkdwn } from './shortenRichText.js';

/** Slack cuts longer text, wherever that is: https://docs.slack.dev/changelog/2018-truncating-really-long-messages */
export const TEXT_LIMIT = 40_000;

/**
 * Longer text that no blocks replace becomes several messages, cut anywhere, of which the answer names only the first:
 * https://github.com/slackapi/java-slack-sdk/issues/704
 */
export const ONE_POST_LIMIT = 4_000;

/** Of these characters: a long source or address leaves room for the text. */
const CONTEXT_LIMIT = 1_000;

const GAP = '\n\n';

export interface PlainPost {
  text: string;
  /** Set where this post shows less than its blocks would: of the whole message. */
  shortened?: Shortening;
}

/**
 * These blocks of a message as the text of one post, which says so where it is shortened.
 *
 * @param planned how much of the message its posts would show as blocks; undefined for all of it
 * @param taken by what is put before the text, in characters
 */
export function plainPostOf(
  blocks: readonly KnownBlock[],
  { content, page }: Pick<Show, 'content' | 'page'>,
  planned?: Shortening,
  taken = 0,
): PlainPost {
  const whole = plainTextOf(blocks, Number.POSITIVE_INFINITY);
  const limit = ONE_POST_LIMIT - taken;
  if (whole.length <= limit) return { text: whole };
  const of = planned?.of ?? Array.from(content.text).length;
  const notice = (shown: number): string => {
    const pieces = richTextPieces([noticeOf({ shown, of }, page)], PIECE_LIMIT);
    return GAP + plainTextOf(textBlocks(pieces));
  };
  const text = plainTextOf(withShortContext(blocks), limit - notice(of).length);
  const shown = Math.max(0, (planned?.shown ?? of) - (whole.length - text.length));
  return { text: text + notice(shown), shortened: { shown, of } };
}

/** Context blocks as long as there is room for them, the first before the others. */
function withShortContext(blocks: readonly KnownBlock[]): KnownBlock[] {
  let left = CONTEXT_LIMIT;
  return blocks.filter((block) => {
    if (block.type !== 'context') return true;
    const { length } = blockToMrkdwn(block);
    if (length > left) return false;
    left -= length;
    return true;
  });
}

/** The same words as these blocks, of the kinds that this adapter makes, as one text of Slack’s markup. */
export function plainTextOf(blocks: readonly KnownBlock[], limit = TEXT_LIMIT): string {
  const whole = blocks.map(blockToMrkdwn);
  const excess = whole.join(GAP).length - limit;
  return excess <= 0 ? whole.join(GAP) : shortenedBlocks(blocks, excess).join(GAP);
}

/** Escaped characters can make more of the text than fits. It is cut from its end; title and source stay. */
function shortenedBlocks(blocks: readonly KnownBlock[], excess: number): string[] {
  let left = excess;
  const texts = blocks.toReversed().map((block) => {
    const whole = blockToMrkdwn(block);
    if (left <= 0 || block.type !== 'rich_text') return whole;
    const text = shortenedMrkdwn(block.elements, whole.length - left);
    left -= whole.length - text.length;
    return text;
  });
  return texts.reverse().filter((text) => text !== '');
}

function blockToMrkdwn(block: KnownBlock): string {
  switch (block.type) {
    case 'header':
      return `*${plainMrkdwn(block.text.text)}*`;
    case 'rich_text':
      return richTextToMrkdwn(block.elements);
    case 'context':
      return block.elements
        .map((element) => ('text' in element ? textToMrkdwn(element) : ''))
        .join(' ');
    default:
      return '';
  }
}

function textToMrkdwn({ text, type }: { text: string; type: string }): string {
  return type === 'mrkdwn' ? text : plainMrkdwn(text);
}
