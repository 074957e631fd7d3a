/** A post's new content, as `chat.update` takes it. */
import type { KnownBlock } from '@slack/web-api';
import type { Shortening } from '../../domain/delivery.js';
import { shortenToFit } from '../../lib/cutText.js';
import { utf8Length } from '../../lib/text.js';
import type { Block } from '../document/document.js';
import { fittingDocument } from '../document/fitting.js';
import { parseDocument } from '../document/parseDocument.js';
import type { Show } from '../destination.js';
import { heading } from '../severity.js';
import { plainMrkdwn } from './mrkdwn.js';
import { plainTextOf } from './plainText.js';
import { slackPosts, type SlackPost } from './posts.js';
import { contextBlocks, footerBlocks, notification, textBlocks, titleBlock } from './render.js';
import { PIECE_LIMIT, richTextPieces } from './richText.js';

/**
 * Slack answers `msg_too_long` to an edit whose `text` is longer, also where blocks are shown instead:
 * https://docs.slack.dev/reference/methods/chat.update#errors. It doesn't say whether these are characters or bytes.
 */
export const EDITED_TEXT_LIMIT_BYTES = 4_000;

/** Of these bytes: a long heading or address leaves room for the text. */
const PLAIN_TITLE_LIMIT_BYTES = 2_000;
const PLAIN_CONTEXT_LIMIT_BYTES = 1_000;

export interface EditedPost extends SlackPost {
  shortened?: Shortening | undefined;
}

/** The message in one post. */
export function editedPost(message: Show): EditedPost {
  const { posts, shortened } = slackPosts({ ...message, inParts: 'never' }, 'shorten');
  const [{ text, blocks }] = posts as [SlackPost];
  if (utf8Length(text) <= EDITED_TEXT_LIMIT_BYTES) return { text, blocks, shortened };
  const { content } = message;
  const short = notification(heading(content), parseDocument(content.text), {
    limit: EDITED_TEXT_LIMIT_BYTES,
    sizeOf: utf8Length,
  });
  return { text: short, blocks, shortened };
}

/** The message as plain text, and an empty list of blocks, which removes those of before. */
export function plainEdit({ content, correlation, page }: Show): EditedPost {
  const title = heading(content);
  const around = {
    title: title === undefined ? [] : [titleBlock(shortTitle(title))],
    context: fittingContext(contextBlocks(correlation), footerBlocks(page)),
  };
  const textOf = (document: readonly Block[]): string => plainTextOf(blocksOf(document, around));
  const { blocks, shortened } = fittingDocument(
    content.text,
    parseDocument(content.text),
    page,
    (document) => utf8Length(textOf(document)) <= EDITED_TEXT_LIMIT_BYTES,
  );
  return { text: textOf(blocks), blocks: [], shortened };
}

/** Those that leave room for the text, the source before the link. */
function fittingContext(...parts: KnownBlock[][]): KnownBlock[] {
  const size = (blocks: readonly KnownBlock[]): number => utf8Length(plainTextOf(blocks));
  return parts.reduce<KnownBlock[]>((fitting, part) => {
    const more = [...fitting, ...part];
    return size(more) <= PLAIN_CONTEXT_LIMIT_BYTES ? more : fitting;
  }, []);
}

function blocksOf(
  document: readonly Block[],
  { title, context }: Record<'title' | 'context', readonly KnownBlock[]>,
): KnownBlock[] {
  const pieces = document.flatMap((block) => richTextPieces([block], PIECE_LIMIT));
  return [...title, ...textBlocks(pieces), ...context];
}

function shortTitle(title: string): string {
  return shortenToFit(title, (text) => utf8Length(plainMrkdwn(text)) <= PLAIN_TITLE_LIMIT_BYTES);
}
