/** A message as Teams shows it: HTML of the elements that Teams keeps. */
import type { Content, Correlation } from '../../domain/message.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import { NOTHING_TO_SHOW, parseDocument } from '../document/parseDocument.js';
import { heading } from '../severity.js';
import { documentToHtml, escapeHtml, linkToHtml } from './html.js';

/**
 * "The approximate maximum message size is 28 KB":
 * https://learn.microsoft.com/microsoftteams/limits-specifications-teams#chat
 */
export const MESSAGE_LIMIT_BYTES = 28 * 1024;

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

/** Leaves the source line out where it would exceed the limit. */
export function renderForTeams(
  content: Content,
  correlation: Correlation | undefined,
  deliveryId: string,
): string {
  const context = contextHtml(correlation);
  const html = contentHtml(content);
  const withContext = html + context;
  return `<div itemprop="${marker(deliveryId)}">${fits(withContext) ? withContext : html}</div>`;
}

/** Undefined when Teams can show the content whole; otherwise what is wrong. */
export function checkTeamsContent(content: Content): string | undefined {
  if (parseDocument(content.text).length === 0) return NOTHING_TO_SHOW;
  const html = contentHtml(content);
  if (fits(html)) return undefined;
  return `content takes ${Math.ceil(sizeInBytes(html) / 1024)} KB as Teams’ HTML, and Teams shows at most ${MESSAGE_LIMIT_BYTES / 1024} KB in one message: shorten it, or link to the rest.`;
}

function fits(html: string): boolean {
  return sizeInBytes(html) <= MESSAGE_LIMIT_BYTES - WRAPPING_BYTES;
}

/** As it is sent: in JSON, whose escaping counts. */
function sizeInBytes(html: string): number {
  return Buffer.byteLength(JSON.stringify(html));
}

function contentHtml(content: Content): string {
  const title = heading(content);
  const titleHtml = title === undefined ? '' : `<h1>${escapeHtml(title)}</h1>\n`;
  return titleHtml + documentToHtml(parseDocument(content.text));
}

function contextHtml(correlation: Correlation | undefined): string {
  const label = [correlation?.source, correlation?.reference].filter(Boolean).join(' · ');
  const url = correlation?.url;
  if (url !== undefined && mayLinkTo(url)) {
    return `\n<p>${linkToHtml(url, escapeHtml(label || url))}</p>`;
  }
  const text = [label, url === undefined || label === '' ? url : `(${url})`].filter(Boolean);
  return text.length === 0 ? '' : `\n<p>${escapeHtml(text.join(' '))}</p>`;
}
