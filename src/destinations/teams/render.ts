/** A message as Teams shows it: HTML of the elements that Teams keeps. */
import type { Shortening } from '../../domain/delivery.js';
import type { Content, Correlation } from '../../domain/message.js';
import { LINK_WORDS, type MessagePage } from '../../domain/messagePage.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import type { Show } from '../destination.js';
import type { Block } from '../document/document.js';
import { fittingDocument } from '../document/fitting.js';
import { parseDocument } from '../document/parseDocument.js';
import { heading } from '../severity.js';
import { documentToHtml, escapeHtml, linkToHtml } from './html.js';
import { mentionsHtml, type TeamsMention } from './mentions.js';

/**
 * "The approximate maximum message size is 28 KB":
 * https://learn.microsoft.com/microsoftteams/limits-specifications-teams#chat
 */
export const MESSAGE_LIMIT_BYTES = 28 * 1024;

/** An address of 2,000 characters takes more only if nearly all of them are escaped. */
const CONTEXT_LIMIT_BYTES = 8 * 1024;

/** An allowance for the element with the marker and for the JSON around the content. */
const WRAPPING_BYTES = 512;

/**
 * The marker by which a delivery's post is found. Teams removes comments, ids, classes and `data-*` attributes, and keeps
 * `itemprop`, which readers don't see.
 */
function marker(deliveryId: string): string {
  return `sendproof:${escapeHtml(deliveryId)}`;
}

/** Whether this HTML, as Teams returns it, is the post of that delivery. */
export function htmlHasMarker(html: string, deliveryId: string): boolean {
  // With its quotes, so that delivery 1 is not found in delivery 10.
  return [`"${marker(deliveryId)}"`, `'${marker(deliveryId)}'`].some((mark) => html.includes(mark));
}

export interface RoomForMentions {
  mentions?: readonly TeamsMention[];
  /** What mentions may take, in HTML and beside it. */
  reservedBytes?: number;
}

/** The message for Teams, as HTML; `shortened` where that shows only the beginning of the text. */
export function renderForTeams(
  { content, correlation, page }: Show,
  deliveryId: string,
  { mentions = [], reservedBytes = 0 }: RoomForMentions = {},
): { html: string; shortened?: Shortening | undefined } {
  const around = {
    title: titleHtml(content),
    context: contextHtml(correlation) + footerHtml(page),
  };
  const htmlOf = (document: readonly Block[]): string =>
    around.title + documentToHtml(document) + around.context;
  const { blocks, shortened } = fittingDocument(
    content.text,
    parseDocument(content.text),
    page,
    (document) =>
      sizeInBytes(htmlOf(document)) <= MESSAGE_LIMIT_BYTES - WRAPPING_BYTES - reservedBytes,
  );
  const html = mentionsHtml(mentions) + htmlOf(blocks);
  return { html: `<div itemprop="${marker(deliveryId)}">${html}</div>`, shortened };
}

/** As it is sent: in JSON, whose escaping counts. */
function sizeInBytes(html: string): number {
  return Buffer.byteLength(JSON.stringify(html));
}

function titleHtml(content: Content): string {
  const title = heading(content);
  return title === undefined ? '' : `<h1>${escapeHtml(title)}</h1>\n`;
}

/** The line about the source; none where it would take too much of the message. */
function contextHtml(correlation: Correlation | undefined): string {
  const html = sourceHtml(correlation);
  return html === '' || sizeInBytes(html) > CONTEXT_LIMIT_BYTES ? '' : `\n<p>${html}</p>`;
}

/** The link to the page of the message; none where it would take too much of the message. */
function footerHtml({ footer }: MessagePage): string {
  const html = footer === undefined ? '' : linkToHtml(footer, escapeHtml(LINK_WORDS));
  return html === '' || sizeInBytes(html) > CONTEXT_LIMIT_BYTES ? '' : `\n<p>${html}</p>`;
}

function sourceHtml(correlation: Correlation | undefined): string {
  const label = [correlation?.source, correlation?.reference].filter(Boolean).join(' · ');
  const url = correlation?.url;
  if (url !== undefined && mayLinkTo(url)) return linkToHtml(url, escapeHtml(label || url));
  const text = [label, url === undefined || label === '' ? url : `(${url})`].filter(Boolean);
  return escapeHtml(text.join(' '));
}
