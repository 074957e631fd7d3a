/** Slack's messages as HTML. */
import type { SlackContent } from '../posts.js';
import { own } from '../../lib/own.js';
import type { ShownLine, ShownRun, ShownStyle } from '../markedText.js';
import { readMrkdwn } from '../slack/mrkdwn.js';
import { escapeHtml } from './escape.js';

export function slackHtml({ attachments = [], blocks, text }: SlackContent): string {
  const first = text.trim() === '' ? '' : `<p>${mrkdwnHtml(text)}</p>`;
  return (
    (blocks ? blocks.map(blockHtml).join('') : first) + attachments.map(attachmentHtml).join('')
  );
}

/** A bar in its colour beside it, as quotes have one. */
function attachmentHtml(attachment: Block): string {
  const words = (name: string): string => {
    const value = own(attachment, name);
    return typeof value === 'string' && value !== '' ? mrkdwnHtml(value) : '';
  };
  const url = attachment.title_link;
  const title =
    words('title') && (typeof url === 'string' ? linkHtml(url, words('title')) : words('title'));
  const fields = listOf(attachment.fields).map(
    ({ title: name, value }) =>
      `<div><b>${mrkdwnHtml(String(name))}</b> ${mrkdwnHtml(String(value))}</div>`,
  );
  const parts = [
    words('author_name'),
    title && `<b>${title}</b>`,
    words('text'),
    ...fields,
    words('footer'),
  ];
  const shown = parts.filter((part) => part !== '').map((part) => `<div>${part}</div>`);
  const inner = listOf(attachment.blocks).map(blockHtml).join('') + shown.join('');
  const pretext = words('pretext') && `<p>${words('pretext')}</p>`;
  return `${pretext}<div class="quote">${inner === '' ? words('fallback') : inner}</div>`;
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
    case 'rich_text':
      return listOf(block.elements).map(richTextHtml).join('');
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

function richTextHtml(element: Block): string {
  const items = listOf(element.elements);
  switch (element.type) {
    case 'rich_text_list': {
      const tag = element.style === 'ordered' ? 'ol' : 'ul';
      const start = typeof element.offset === 'number' ? ` start="${element.offset + 1}"` : '';
      const depth = typeof element.indent === 'number' ? element.indent : 0;
      const list = `<${tag}${start}>${items.map((item) => `<li>${inlineHtml(item)}</li>`).join('')}</${tag}>`;
      const nested = '<ul>'.repeat(depth) + list + '</ul>'.repeat(depth);
      return element.border ? `<span class="quote">${nested}</span>` : nested;
    }
    case 'rich_text_quote':
      return `<p><span class="quote">${inlineHtml(element)}</span></p>`;
    case 'rich_text_preformatted':
      return `<pre>${listOf(element.elements).map(elementHtml).join('')}</pre>`;
    default:
      return `<p>${inlineHtml(element)}</p>`;
  }
}

const inlineHtml = (element: Block): string =>
  listOf(element.elements).map(elementHtml).join('').replaceAll('\n', '<br>');

function elementHtml(element: Block): string {
  const { name, style, text, type, url } = element;
  const mentioned = element.user_id ?? element.usergroup_id ?? element.range;
  if (typeof mentioned === 'string') {
    return runHtml({ text: `@${mentioned}`, styles: [], mention: true });
  }
  const shown = typeof text === 'string' ? text : typeof url === 'string' ? url : '';
  const styles = Object.entries((style ?? {}) as Partial<Record<ShownStyle, boolean>>)
    .filter(([, isOn]) => isOn)
    .map(([each]) => each as ShownStyle);
  return runHtml({
    text: type === 'emoji' ? `:${String(name)}:` : shown,
    styles,
    ...(typeof url === 'string' && { url }),
  });
}

/** Slack's older markup as HTML. */
export function mrkdwnHtml(text: string): string {
  return linesHtml(readMrkdwn(text));
}

/** Lines that were read from a platform's text. */
export function linesHtml(lines: readonly ShownLine[]): string {
  return lines
    .map((line, index) => {
      const isLast = index === lines.length - 1;
      return `${lineHtml(line, lines[index - 1], lines[index + 1])}${isLast || line.kind === 'code' ? '' : '<br>'}`;
    })
    .join('');
}

function lineHtml({ kind, runs }: ShownLine, before?: ShownLine, after?: ShownLine): string {
  const html = runs.map(runHtml).join('');
  if (kind === 'quote') return `<span class="quote">${html}</span>`;
  if (kind === 'text') return html;
  const begin = before?.kind === 'code' ? '\n' : '<pre>';
  return `${begin}${html}${after?.kind === 'code' ? '' : '</pre>'}`;
}

const TAGS: Record<ShownStyle, string> = {
  bold: 'strong',
  italic: 'em',
  strike: 's',
  code: 'code',
  underline: 'u',
  spoiler: 'mark',
};

function runHtml({ text, styles, url, mention }: ShownRun): string {
  const html = styles.reduceRight(
    (inner, style) => `<${TAGS[style]}>${inner}</${TAGS[style]}>`,
    escapeHtml(text),
  );
  if (mention) return `<span class="mention">${html}</span>`;
  return url === undefined ? html : linkHtml(url, html);
}

/** URLs other than of the web or mail are rendered as text. */
export function linkHtml(url: string, labelHtml: string): string {
  if (!/^(?:https?:|mailto:|tel:)/i.test(url)) return labelHtml;
  return `<a href="${escapeHtml(url)}" rel="noreferrer noopener" target="_blank">${labelHtml}</a>`;
}
