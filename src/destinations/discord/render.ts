/** A message as Discord shows it: the heading as text, which notifications show, and below it an embed with the rest. */
import { DeliveryError, type Shortening } from '../../domain/delivery.js';
import type { Content, Correlation } from '../../domain/message.js';
import { permanent } from '../../http/failure.js';
import { shortenText, shortenToFit } from '../../lib/cutText.js';
import { LINK_WORDS, type MessagePage } from '../../domain/messagePage.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import type { Show } from '../destination.js';
import type { Block } from '../document/document.js';
import { fittingDocument } from '../document/fitting.js';
import { boldMarkdown, documentToMarkdown } from '../document/markdownText.js';
import { parseDocument } from '../document/parseDocument.js';
import { ZERO_WIDTH_SPACE } from '../document/wordMarkers.js';
import { heading } from '../severity.js';
import { DISCORD_MARKDOWN } from './markdown.js';

/** In characters: https://docs.discord.com/developers/resources/message#create-message */
export const CONTENT_LIMIT = 2_000;
/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
export const DESCRIPTION_LIMIT = 4_096;
const AUTHOR_LIMIT = 256;

/** The bar beside an embed. */
const COLOURS: Record<NonNullable<Content['severity']>, number> = {
  critical: 0xc62828,
  error: 0xe65100,
  warning: 0xf9a825,
  info: 0x1565c0,
  ok: 0x2e7d32,
};

export interface DiscordEmbed {
  url: string;
  description: string;
  color?: number;
  author?: { name: string; url?: string };
}

export interface DiscordMessage {
  content: string;
  embeds: DiscordEmbed[];
}

export interface RenderedMessage {
  message: DiscordMessage;
  /** Set where it shows only the beginning of the text. */
  shortened?: Shortening | undefined;
}

/**
 * @param mark the address of the embed, which readers don't see
 * @param mentions the line that mentions people; undefined where there is nobody
 *
 * @throws DeliveryError where the mentions leave no room
 */
export function renderForDiscord(
  { content, correlation, page }: Show,
  mark: string,
  mentions: string | undefined,
): RenderedMessage {
  const footer = footerText(page);
  const textOf = (document: readonly Block[]): string =>
    documentToMarkdown(document, DISCORD_MARKDOWN) + footer;
  const { blocks, shortened } = fittingDocument(
    content.text,
    parseDocument(content.text),
    page,
    (document) => textOf(document).length <= DESCRIPTION_LIMIT,
  );
  const text = textOf(blocks);
  const { severity } = content;
  const author = authorOf(correlation);
  const embed: DiscordEmbed = {
    url: mark,
    // Discord takes no embed that shows nothing.
    description: text.trim() === '' ? ZERO_WIDTH_SPACE : text,
    ...(severity !== undefined && { color: COLOURS[severity] }),
    ...(author && { author }),
  };
  return {
    message: { content: firstLines(heading(content), mentions), embeds: [embed] },
    shortened,
  };
}

function firstLines(title: string | undefined, mentions: string | undefined): string {
  const written = (words: string): string =>
    words
      .split('\n')
      .map((line) => boldMarkdown(line, DISCORD_MARKDOWN))
      .join('\n');
  const room = CONTENT_LIMIT - (mentions === undefined ? 0 : mentions.length + 1);
  if (room < 100) {
    throw new DeliveryError(
      `content.mentions takes more than the ${CONTENT_LIMIT} characters that Discord has for it: nothing was sent.`,
      permanent('content_rejected'),
    );
  }
  const line = title && written(shortenToFit(title, (shorter) => written(shorter).length <= room));
  return [mentions, line].filter((each) => each !== undefined && each !== '').join('\n');
}

/** The link to the page of the message; none where it would take too much of the embed. */
function footerText({ footer: url }: MessagePage): string {
  if (url === undefined) return '';
  const line: Block = {
    kind: 'paragraph',
    runs: [{ text: LINK_WORDS, styles: [], link: { url } }],
  };
  const text = `\n\n${documentToMarkdown([line], DISCORD_MARKDOWN)}`;
  return text.length > DESCRIPTION_LIMIT / 4 ? '' : text;
}

/** Plain text above the embed, with the address of the source. */
function authorOf(correlation: Correlation | undefined): DiscordEmbed['author'] {
  const label = [correlation?.source, correlation?.reference].filter(Boolean).join(' · ');
  const url = correlation?.url;
  if (url === undefined)
    return label === '' ? undefined : { name: shortenText(label, AUTHOR_LIMIT) };
  if (/^https?:/i.test(url) && mayLinkTo(url)) {
    return { name: shortenText(label || url, AUTHOR_LIMIT), url };
  }
  return { name: shortenText(label === '' ? url : `${label} (${url})`, AUTHOR_LIMIT) };
}
