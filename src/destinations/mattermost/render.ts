/** A message as Mattermost shows it: the mentions, the heading, the text, and the source with its link. */
import { DeliveryError, type Shortening } from '../../domain/delivery.js';
import type { Correlation } from '../../domain/message.js';
import { permanent } from '../../http/failure.js';
import { shortenToFit } from '../../lib/cutText.js';
import { LINK_WORDS, type MessagePage } from '../../domain/messagePage.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import type { Show } from '../destination.js';
import type { Block, Link } from '../document/document.js';
import { fittingDocument } from '../document/fitting.js';
import { boldMarkdown, documentToMarkdown } from '../document/markdownText.js';
import { parseDocument } from '../document/parseDocument.js';
import { ZERO_WIDTH_SPACE } from '../document/wordMarkers.js';
import { heading } from '../severity.js';
import { MATTERMOST_MARKDOWN } from './markdown.js';

export interface RenderedMessage {
  message: string;
  /** Set where it shows only the beginning of the text. */
  shortened?: Shortening | undefined;
}

/**
 * @param limit the largest post that the server takes, in characters
 * @param mentions the line that mentions people; undefined where there is nobody
 *
 * @throws DeliveryError where the mentions leave no room
 */
export function renderForMattermost(
  { content, correlation, page }: Show,
  limit: number,
  mentions: string | undefined,
): RenderedMessage {
  const title = heading(content);
  // Of a small post a quarter, so that there is room for the text.
  const shortTitle =
    title && shortenToFit(title, (shorter) => titleText(shorter).length <= limit / 4);
  const source = sourceText(correlation);
  const lines = [mentions, shortTitle && titleText(shortTitle)].filter(Boolean).join('\n');
  const before = lines === '' ? '' : `${lines}\n\n`;
  const footer = footerText(page);
  const after =
    (source.length > limit / 8 ? '' : source) + (footer.length > limit / 4 ? '' : footer);
  const messageOf = (document: readonly Block[]): string =>
    before + documentToMarkdown(document, MATTERMOST_MARKDOWN) + after;
  if (messageOf([]).length > limit - 300) {
    throw new DeliveryError(
      `content.mentions leaves no space for the text in a post of ${limit} characters: nothing was sent.`,
      permanent('content_rejected'),
    );
  }
  const { blocks, shortened } = fittingDocument(
    content.text,
    parseDocument(content.text),
    page,
    (document) => messageOf(document).length <= limit,
  );
  const message = messageOf(blocks);
  // A post that shows nothing is refused.
  return {
    message: message.trim() === '' ? ZERO_WIDTH_SPACE : message,
    shortened,
  };
}

/** Markers don't go over the end of a line. */
function titleText(title: string): string {
  return title
    .split('\n')
    .map((line) => boldMarkdown(line, MATTERMOST_MARKDOWN))
    .join('\n');
}

/** The link to the page of the message. */
function footerText({ footer: url }: MessagePage): string {
  return url === undefined ? '' : lineOf(LINK_WORDS, { url });
}

function sourceText(correlation: Correlation | undefined): string {
  const label = [correlation?.source, correlation?.reference].filter(Boolean).join(' · ');
  const url = correlation?.url;
  if (label === '' && url === undefined) return '';
  const isLink = url !== undefined && mayLinkTo(url);
  const text =
    isLink || url === undefined ? label || (url ?? '') : [label, `(${url})`].join(' ').trim();
  const link = isLink ? { url } : undefined;
  return lineOf(text, link);
}

function lineOf(text: string, link: Link | undefined): string {
  const line: Block = { kind: 'paragraph', runs: [{ text, styles: [], link }] };
  return `\n\n${documentToMarkdown([line], MATTERMOST_MARKDOWN)}`;
}
