/** An Adaptive Card as HTML. */
import MarkdownIt from 'markdown-it';
import {
  childrenOf,
  factsOf,
  runsOf,
  textOf,
  type CardElement,
  type TextRun,
} from '../webhook/card.js';
import { escapeHtml } from './escape.js';
import { linkHtml } from './mrkdwn.js';

/** The Markdown of cards is only this: https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features */
const markdown = new MarkdownIt('zero').enable([
  'emphasis',
  'balance_pairs',
  'link',
  'list',
  'newline',
]);

export function cardHtml(card: CardElement): string {
  return `<div class="card">${childrenOf(card).map(elementHtml).join('')}</div>`;
}

function elementHtml(element: CardElement): string {
  switch (element.type) {
    case 'TextBlock':
      return `<div class="${textClass(element)}">${markdown.render(textOf(element.text))}</div>`;
    case 'RichTextBlock':
      return richTextHtml(element);
    case 'FactSet':
      return factsHtml(element);
    case 'CodeBlock':
      return `<pre>${escapeHtml(textOf(element.codeSnippet))}</pre>`;
    case 'Container':
      return containerHtml(element);
    case 'Action.OpenUrl':
      return `<span class="actions">${linkHtml(textOf(element.url), escapeHtml(textOf(element.title)))}</span>`;
    default:
      return childrenOf(element).map(elementHtml).join('');
  }
}

function containerHtml(element: CardElement): string {
  const items = childrenOf(element).map(elementHtml).join('');
  return element.style === 'emphasis' ? `<div class="quote">${items}</div>` : items;
}

function textClass({ weight, size }: CardElement): string {
  const large = size === 'Large' || size === 'ExtraLarge' || size === 'Medium';
  return ['text', weight === 'Bolder' && 'bolder', large && 'large'].filter(Boolean).join(' ');
}

function richTextHtml(element: CardElement): string {
  const runs = runsOf(element);
  const isCode = runs.every(({ monospaced }) => monospaced);
  const html = runs.map((run) => runHtml(run, isCode)).join('');
  return isCode ? `<pre>${html}</pre>` : `<p>${html.replaceAll('\n', '<br>')}</p>`;
}

function runHtml(
  { text, bold, italic, struck, monospaced, url }: TextRun,
  isCode: boolean,
): string {
  const tags = [
    ...(bold ? ['strong'] : []),
    ...(italic ? ['em'] : []),
    ...(struck ? ['s'] : []),
    ...(monospaced && !isCode ? ['code'] : []),
  ];
  const html = tags.reduceRight((inner, tag) => `<${tag}>${inner}</${tag}>`, escapeHtml(text));
  return url === undefined ? html : linkHtml(url, html);
}

function factsHtml(element: CardElement): string {
  const rows = factsOf(element).map(
    ({ title, value }) => `<dt>${escapeHtml(title)}</dt><dd>${markdown.renderInline(value)}</dd>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}
