/** An Adaptive Card as HTML. */
import MarkdownIt from 'markdown-it';
import { childrenOf, factsOf, runsOf, textOf, type CardElement } from '../webhook/card.js';
import { escapeHtml } from './escape.js';
import { linkHtml } from './mrkdwn.js';

/** Cards have Markdown without HTML. Images are disabled: the page loads nothing from other origins. */
const markdown = new MarkdownIt({ html: false, breaks: true }).disable('image');

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
    case 'Action.OpenUrl':
      return `<span class="actions">${linkHtml(textOf(element.url), escapeHtml(textOf(element.title)))}</span>`;
    default:
      return childrenOf(element).map(elementHtml).join('');
  }
}

function textClass({ weight, size }: CardElement): string {
  const large = size === 'Large' || size === 'ExtraLarge' || size === 'Medium';
  return ['text', weight === 'Bolder' && 'bolder', large && 'large'].filter(Boolean).join(' ');
}

function richTextHtml(element: CardElement): string {
  const runs = runsOf(element);
  const html = runs.map(({ text, bold }) => {
    const escaped = escapeHtml(text);
    return bold ? `<strong>${escaped}</strong>` : escaped;
  });
  const tag = runs.some(({ monospaced }) => monospaced) ? 'pre' : 'p';
  return `<${tag}>${html.join('')}</${tag}>`;
}

function factsHtml(element: CardElement): string {
  const rows = factsOf(element).map(
    ({ title, value }) => `<dt>${escapeHtml(title)}</dt><dd>${markdown.renderInline(value)}</dd>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}
