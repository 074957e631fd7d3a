/** Rich text as Markdown: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
import { inCode } from '../../lib/markdownCode.js';
import { inlineAsMarkdown, keepIndents } from '../../lib/plainAsMarkdown.js';
import { linked, paragraphs, plain } from '../facts.js';
import { at, listAt, textAt } from '../json.js';
import { styledMarkdown, type Piece, type Style } from '../styledMarkdown.js';

export function richTextToMarkdown(block: unknown): string {
  return paragraphs(...listAt(block, 'elements').map(partToMarkdown));
}

function partToMarkdown(part: unknown): string {
  const elements = listAt(part, 'elements');
  switch (textAt(part, 'type')) {
    case 'rich_text_list': {
      const indent = '   '.repeat(Math.min(6, Number(textAt(part, 'indent') ?? 0) || 0));
      const isOrdered = textAt(part, 'style') === 'ordered';
      const first = 1 + offsetOf(part);
      return elements
        .map((item, index) => {
          const mark = isOrdered ? `${first + index}.` : '-';
          return `${indent}${mark} ${inlineOf(listAt(item, 'elements'))}`;
        })
        .join('\n');
    }
    case 'rich_text_preformatted':
      return `\`\`\`\n${elements
        .map(inPreformatted)
        .join('')
        .replaceAll('```', '`\u200B``')}\n\`\`\``;
    case 'rich_text_quote':
      return inlineOf(elements)
        .split('\n')
        .map((line) => `> ${line}`)
        .join('\n');
    default:
      return inlineOf(elements);
  }
}

/** Where a list goes on after another element, how many items were before. A list of Markdown counts to nine digits. */
function offsetOf(list: unknown): number {
  const offset = Number(at(list, 'offset') ?? 0);
  return Number.isSafeInteger(offset) && offset > 0 && offset < 1e8 ? offset : 0;
}

/** Code has no links: an address follows its words. */
function inPreformatted(element: unknown): string {
  const text = at(element, 'text');
  const words = typeof text === 'string' ? text : '';
  const url = textAt(element, 'url');
  if (url === undefined || words === url) return words;
  return words.trim() === '' ? url : `${words} (${url})`;
}

function inlineOf(elements: readonly unknown[]): string {
  return keepIndents(styledMarkdown(elements.map(pieceOf)));
}

function pieceOf(element: unknown): Piece {
  const style = at(element, 'style');
  const text = at(element, 'text');
  switch (textAt(element, 'type')) {
    case 'text': {
      if (typeof text !== 'string') return { markdown: '' };
      if (at(style, 'code') === true) return { markdown: text === '' ? '' : inCode(text) };
      return { markdown: inlineAsMarkdown(text), styles: stylesOf(style) };
    }
    case 'link': {
      const url = at(element, 'url');
      const words = textAt(element, 'text') ?? textAt(element, 'url');
      return { markdown: linked(words, url) ?? '', styles: stylesOf(style) };
    }
    case 'emoji':
      return { markdown: `:${textAt(element, 'name') ?? ''}:` };
    default:
      return { markdown: plain(nameOf(element)) ?? '' };
  }
}

function nameOf(element: unknown): string | undefined {
  switch (textAt(element, 'type')) {
    case 'user':
      return `@${textAt(element, 'user_id') ?? ''}`;
    case 'channel':
      return `#${textAt(element, 'channel_id') ?? ''}`;
    case 'usergroup':
      return `@${textAt(element, 'usergroup_id') ?? ''}`;
    case 'broadcast':
      return `@${textAt(element, 'range') ?? ''}`;
    case 'date':
      return textAt(element, 'fallback');
    case 'color':
      return textAt(element, 'value');
    default:
      return undefined;
  }
}

function stylesOf(style: unknown): Style[] {
  return (['bold', 'italic', 'strike'] as const).filter((name) => at(style, name) === true);
}
