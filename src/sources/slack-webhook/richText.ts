/** Rich text as Markdown: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
import { inCode } from '../../lib/markdownCode.js';
import { withoutSpacesAround } from '../../lib/text.js';
import { linked, paragraphs, plain } from '../facts.js';
import { at, listAt, textAt } from '../json.js';

export function richTextToMarkdown(block: unknown): string {
  return paragraphs(...listAt(block, 'elements').map(partToMarkdown));
}

function partToMarkdown(part: unknown): string {
  const elements = listAt(part, 'elements');
  switch (textAt(part, 'type')) {
    case 'rich_text_list': {
      const indent = '   '.repeat(Math.min(6, Number(textAt(part, 'indent') ?? 0) || 0));
      const isOrdered = textAt(part, 'style') === 'ordered';
      return elements
        .map((item, index) => {
          const mark = isOrdered ? `${index + 1}.` : '-';
          return `${indent}${mark} ${inlineOf(listAt(item, 'elements'))}`;
        })
        .join('\n');
    }
    case 'rich_text_preformatted':
      return `\`\`\`\n${elements
        .map((element) => textAt(element, 'text') ?? textAt(element, 'url') ?? '')
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

function inlineOf(elements: readonly unknown[]): string {
  return elements.map(inlineElement).join('');
}

function inlineElement(element: unknown): string {
  const text = at(element, 'text');
  switch (textAt(element, 'type')) {
    case 'text':
      return typeof text === 'string' ? styled(text, at(element, 'style')) : '';
    case 'link':
      return linked(textAt(element, 'text') ?? textAt(element, 'url'), at(element, 'url')) ?? '';
    case 'emoji':
      return `:${textAt(element, 'name') ?? ''}:`;
    case 'user':
      return plain(`@${textAt(element, 'user_id') ?? ''}`) ?? '';
    case 'channel':
      return plain(`#${textAt(element, 'channel_id') ?? ''}`) ?? '';
    case 'usergroup':
      return plain(`@${textAt(element, 'usergroup_id') ?? ''}`) ?? '';
    case 'broadcast':
      return plain(`@${textAt(element, 'range') ?? ''}`) ?? '';
    case 'date':
      return plain(textAt(element, 'fallback')) ?? '';
    case 'color':
      return plain(textAt(element, 'value')) ?? '';
    default:
      return '';
  }
}

/** Marks can't have spaces at their inner side. */
function styled(text: string, style: unknown): string {
  if (at(style, 'code') === true) return inCode(text);
  const { after, before, inner } = withoutSpacesAround(text);
  if (inner === '') return text;
  let marked = plain(inner) ?? '';
  if (at(style, 'strike') === true) marked = `~~${marked}~~`;
  if (at(style, 'italic') === true) marked = `*${marked}*`;
  if (at(style, 'bold') === true) marked = `**${marked}**`;
  return `${before}${marked}${after}`;
}
