/** A message as Google Chat shows it: text, and below it, from an app, a card with the source and a button that opens it. */
import type { Shortening } from '../../domain/delivery.js';
import type { Correlation } from '../../domain/message.js';
import { LINK_WORDS, type MessagePage } from '../../domain/messagePage.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import type { Show } from '../destination.js';
import type { Block } from '../document/document.js';
import { fittingDocument } from '../document/fitting.js';
import { parseDocument } from '../document/parseDocument.js';
import { heading } from '../severity.js';
import { boldChatText, documentToChatText } from './chatText.js';

/**
 * "The maximum message size, including text and cards, is 32,000 bytes":
 * https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create
 */
export const MESSAGE_LIMIT_BYTES = 32_000;

/** An allowance for the thread, which isn't part of what is rendered. */
const THREAD_BYTES = 512;

/** A source, a reference and an address take more only if nearly all of their characters do. */
const SOURCE_LIMIT_BYTES = 8_000;

/** The part of a message that an edit replaces. */
export interface ChatMessage {
  text: string;
  /** Only an app may send cards; empty where there is nothing to put on one. */
  cardsV2?: object[];
}

export interface RenderedMessage {
  message: ChatMessage;
  /** Set where it shows only the beginning of the text. */
  shortened?: Shortening | undefined;
}

/** @param as whether the message is sent by an app, or through a webhook, which sends text alone */
export function renderForGoogleChat(
  { content, correlation, page }: Show,
  as: 'app' | 'webhook',
): RenderedMessage {
  const title = heading(content);
  const first = title === undefined ? '' : `${titleText(title)}\n\n`;
  const messageOf = (document: readonly Block[]): ChatMessage => {
    const text = first + documentToChatText(document);
    return as === 'app'
      ? { text, cardsV2: cards(correlation, page) }
      : { text: text + sourceText(correlation) + footerText(page) };
  };
  const { blocks, shortened } = fittingDocument(
    content.text,
    parseDocument(content.text),
    page,
    (document) => sizeInBytes(messageOf(document)) <= MESSAGE_LIMIT_BYTES - THREAD_BYTES,
  );
  return { message: messageOf(blocks), shortened };
}

function sizeInBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Markers don't go over the end of a line. */
function titleText(title: string): string {
  return title.split('\n').map(boldChatText).join('\n');
}

interface Source {
  label: string;
  /** An address that may be a link. */
  url?: string | undefined;
}

/** Undefined where there is none, or where it would take too much of the message. */
function sourceOf(correlation: Correlation | undefined): Source | undefined {
  const label = [correlation?.source, correlation?.reference].filter(Boolean).join(' · ');
  const url = correlation?.url;
  const source =
    url === undefined || mayLinkTo(url)
      ? { label: label || (url ?? ''), url }
      : { label: label === '' ? url : `${label} (${url})` };
  return source.label === '' || sizeInBytes(source) > SOURCE_LIMIT_BYTES ? undefined : source;
}

function sourceText(correlation: Correlation | undefined): string {
  const source = sourceOf(correlation);
  return source === undefined ? '' : lineOf(source);
}

function footerText(page: MessagePage): string {
  const url = footerLink(page);
  return url === undefined ? '' : lineOf({ label: LINK_WORDS, url });
}

function lineOf({ label, url }: Source): string {
  const link = url === undefined ? undefined : { url };
  const line: Block = { kind: 'paragraph', runs: [{ text: label, styles: [], link }] };
  return `\n\n${documentToChatText([line])}`;
}

/** The address of the page of the message; undefined where it would take too much of the post. */
function footerLink({ footer }: MessagePage): string | undefined {
  return footer !== undefined && sizeInBytes(footer) <= SOURCE_LIMIT_BYTES ? footer : undefined;
}

function cards(correlation: Correlation | undefined, page: MessagePage): object[] {
  const widgets = [...sourceWidgets(correlation), ...footerWidgets(page)];
  return widgets.length === 0 ? [] : [{ cardId: 'source', card: { sections: [{ widgets }] } }];
}

/** https://developers.google.com/workspace/chat/api/reference/rest/v1/cards#textparagraph */
function footerWidgets(page: MessagePage): object[] {
  const url = footerLink(page);
  if (url === undefined) return [];
  const href = escapeCardText(url).replaceAll('"', '%22');
  return [{ textParagraph: { text: `<a href="${href}">${LINK_WORDS}</a>` } }];
}

/** https://developers.google.com/workspace/chat/api/reference/rest/v1/cards#decoratedtext */
function sourceWidgets(correlation: Correlation | undefined): object[] {
  const source = sourceOf(correlation);
  if (source === undefined) return [];
  const { label, url } = source;
  const decoratedText = {
    text: escapeCardText(label),
    wrapText: true,
    ...(url !== undefined && {
      button: { text: 'Open', onClick: { openLink: { url } } },
    }),
  };
  return [{ decoratedText }];
}

/** The text of cards has HTML's tags: https://developers.google.com/workspace/chat/format-messages#card-formatting */
function escapeCardText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
