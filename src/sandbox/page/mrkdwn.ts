/** Slack's mrkdwn and blocks as HTML: https://docs.slack.dev/messaging/formatting-message-text */
import type { SlackContent } from '../posts.js';
import { escapeHtml } from './escape.js';

export function slackHtml({ text, blocks }: SlackContent): string {
  return blocks ? blocks.map(blockHtml).join('') : `<p>${mrkdwnHtml(text)}</p>`;
}

type Block = Record<string, unknown>;

function blockHtml(block: Block): string {
  switch (block.type) {
    case 'header':
      return `<h3>${textHtml(block.text)}</h3>`;
    case 'section':
      return sectionHtml(block);
    case 'context':
      return `<p class="context">${listOf(block.elements).map(textHtml).join(' ')}</p>`;
    case 'divider':
      return '<hr>';
    case 'actions':
      return `<p class="actions">${listOf(block.elements).map(buttonHtml).join('')}</p>`;
    case 'image':
      return `<p class="context">[image: ${escapeHtml(String(block.alt_text))}]</p>`;
    case 'markdown':
      return `<p>${escapeHtml(String(block.text)).replaceAll('\n', '<br>')}</p>`;
    default:
      return `<p>${escapeHtml(textIn(block))}</p>`;
  }
}

function sectionHtml({ text, fields }: Block): string {
  const body = text === undefined ? '' : `<p>${textHtml(text)}</p>`;
  const cells = listOf(fields).map((field) => `<div>${textHtml(field)}</div>`);
  return cells.length === 0 ? body : `${body}<div class="fields">${cells.join('')}</div>`;
}

function buttonHtml({ text, url }: Block): string {
  const label = textHtml(text);
  return typeof url === 'string' ? linkHtml(url, label) : `<span class="button">${label}</span>`;
}

function textHtml(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const { type, text, alt_text: alternative } = value as Block;
  if (typeof text !== 'string')
    return escapeHtml(typeof alternative === 'string' ? alternative : '');
  return type === 'mrkdwn' ? mrkdwnHtml(text) : escapeHtml(text);
}

function listOf(value: unknown): Block[] {
  return Array.isArray(value) ? (value as Block[]) : [];
}

/** All texts of an element whose type has no rendering of its own. */
function textIn(value: unknown): string {
  if (Array.isArray(value)) return value.map(textIn).join('');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([name, item]) => (name === 'text' && typeof item === 'string' ? item : textIn(item)))
    .join('');
}

const CODE = /```([\s\S]+?)```|`([^`\n]+)`/g;
const MARKS: [mark: string, tag: string][] = [
  ['\\*', 'strong'],
  ['_', 'em'],
  ['~', 's'],
];

/** Slack's own escapes (`&amp;` `&lt;` `&gt;`) are HTML's, so the text is HTML once its quotes are escaped too. */
export function mrkdwnHtml(text: string): string {
  const code: string[] = [];
  const withoutCode = text
    .replaceAll('\0', '')
    .replace(CODE, (_, block?: string, span?: string) => {
      code.push(
        block === undefined
          ? `<code>${quoted(span ?? '')}</code>`
          : `<pre>${quoted(block.replace(/^\n|\n$/g, ''))}</pre>`,
      );
      return `\0${code.length - 1}\0`;
    });
  const formatted = withoutCode
    .split('\n')
    .map((line) => lineHtml(line))
    .join('<br>');
  return formatted.replace(/\0(\d+)\0/g, (_, index: string) => code[Number(index)] ?? '');
}

function lineHtml(line: string): string {
  const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
  return quote ? `<span class="quote">${inlineHtml(quote[1] ?? '')}</span>` : inlineHtml(line);
}

const REFERENCE = /<([^<>|]+)(?:\|([^<>]*))?>/g;

function inlineHtml(text: string): string {
  let html = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, target = '', label] = match;
    html += emphasised(text.slice(end, match.index)) + referenceHtml(target, label);
    end = match.index + whole.length;
  }
  return html + emphasised(text.slice(end));
}

function emphasised(text: string): string {
  return MARKS.reduce(
    (html, [mark, tag]) =>
      html.replace(
        new RegExp(`(^|[^\\w${mark}])${mark}(?=\\S)([^${mark}]*?\\S)${mark}(?![\\w${mark}])`, 'g'),
        `$1<${tag}>$2</${tag}>`,
      ),
    quoted(text),
  );
}

function referenceHtml(target: string, label: string | undefined): string {
  const kind = target[0] ?? '';
  if ('@#!'.includes(kind)) {
    const name = label ?? (kind === '!' ? `@${target.slice(1)}` : target);
    return `<span class="mention">${quoted(name)}</span>`;
  }
  return linkHtml(unescape(target), quoted(label ?? target));
}

/** URLs other than of the web or mail are rendered as text. */
export function linkHtml(url: string, labelHtml: string): string {
  if (!/^(?:https?:|mailto:)/i.test(url)) return labelHtml;
  return `<a href="${escapeHtml(url)}" rel="noreferrer noopener" target="_blank">${labelHtml}</a>`;
}

/** Escapes what Slack's escaping leaves unescaped. */
function quoted(text: string): string {
  return escapeHtml(unescape(text));
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
