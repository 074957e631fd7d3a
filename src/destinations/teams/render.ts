/** A message as Teams shows it: HTML of the elements that Teams keeps. */
import type { Content, Correlation } from '../../domain/message.js';
import { markdownParser, NOTHING_TO_SHOW } from '../markdown.js';
import { heading } from '../severity.js';

/**
 * "The approximate maximum message size is 28 KB":
 * https://learn.microsoft.com/microsoftteams/limits-specifications-teams#chat
 */
export const MESSAGE_LIMIT_BYTES = 28 * 1024;

/** An allowance for the element with the marker and for the JSON around the content. */
const WRAPPING_BYTES = 512;

const parser = markdownParser();
const { escapeHtml } = parser.utils;

// An image becomes a link: every reader's client would fetch it from its server, if Teams showed it at all.
parser.renderer.rules.image = (tokens, index, _options, env, renderer) => {
  const image = tokens[index];
  const label = renderer.renderInlineAsText(image?.children ?? [], parser.options, env);
  const source = String(image?.attrGet('src') ?? '');
  return link(source, label || source);
};

/** Teams has three sizes of heading. The largest is for the message's own heading. */
const LOWEST_HEADING = 3;
parser.core.ruler.push('headings-below-the-title', ({ tokens }) => {
  for (const token of tokens) {
    if (/^h[1-6]$/.test(token.tag)) {
      token.tag = `h${Math.min(Number(token.tag.slice(1)) + 1, LOWEST_HEADING)}`;
    }
  }
});

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
  if (parser.render(content.text) === '') return NOTHING_TO_SHOW;
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
  return titleHtml + parser.render(content.text);
}

function contextHtml(correlation: Correlation | undefined): string {
  const label = [correlation?.source, correlation?.reference].filter(Boolean).join(' · ');
  if (correlation?.url !== undefined) {
    return `<p>${link(correlation.url, label || correlation.url)}</p>`;
  }
  return label === '' ? '' : `<p>${escapeHtml(label)}</p>`;
}

function link(url: string, label: string): string {
  return `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`;
}
