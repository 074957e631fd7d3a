/** Cleans HTML as Teams does. */
import sanitizeHtml from 'sanitize-html';
import { own } from '../../lib/own.js';

/** Teams keeps the tags that its own editor makes: https://learn.microsoft.com/graph/api/resources/chatmessage */
const ALLOWED_HTML: sanitizeHtml.IOptions = {
  allowedTags: [
    ...['div', 'p', 'br', 'hr', 'span', 'blockquote', 'pre', 'code', 'codeblock'],
    ...['strong', 'b', 'em', 'i', 'u', 's', 'strike', 'del', 'sub', 'sup', 'font'],
    ...[
      'h1',
      'h2',
      'h3',
      'h4',
      'h5',
      'h6',
      'ul',
      'ol',
      'li',
      'a',
      'img',
      'at',
      'emoji',
      'attachment',
    ],
    ...['table', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td', 'caption', 'colgroup', 'col'],
  ],
  allowedAttributes: {
    '*': ['itemprop', 'itemscope', 'itemtype', 'itemid', 'style', 'title', 'dir'],
    a: ['href', 'rel', 'target'],
    img: ['src', 'alt', 'width', 'height'],
    at: ['id'],
    emoji: ['id', 'alt'],
    attachment: ['id'],
    codeblock: ['class'],
    th: ['colspan', 'rowspan'],
    td: ['colspan', 'rowspan'],
    ol: ['start'],
  },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  allowedSchemesByTag: { img: ['http', 'https', 'data'] },
  parseStyleAttributes: false,
};

export function sanitiseAsTeams(html: string): string {
  return sanitizeHtml(html, ALLOWED_HTML);
}

const TEXT_ONLY: sanitizeHtml.IOptions = { allowedTags: [], allowedAttributes: {} };
/** All that sanitize-html escapes. */
const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };
const LINE_ENDS = /<br\s*\/?>|<\/(?:p|div|li|h[1-6]|tr|pre|blockquote)>/gi;

/** The inverse of sanitize-html's escaping. */
export function unescapeHtml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot);/g, (entity) => own(ENTITIES, entity) ?? entity);
}

/** The text of (sanitised) HTML, a line for each of its blocks. */
export function textOfHtml(html: string): string {
  return unescapeHtml(sanitizeHtml(html.replace(LINE_ENDS, '$&\n'), TEXT_ONLY))
    .replace(/\n{2,}/g, '\n')
    .trim();
}
