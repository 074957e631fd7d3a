/** A message of Google Chat as HTML. */
import { cardText, type ChatCards, type ChatWidget } from '../googleChat/cards.js';
import { readChatText } from '../googleChat/chatText.js';
import type { ChatContent } from '../posts.js';
import { escapeHtml } from './escape.js';
import { linesHtml, linkHtml } from './mrkdwn.js';

export function chatHtml({ cardsV2 = [], text }: ChatContent): string {
  const words = text === '' ? '' : `<p>${linesHtml(readChatText(text))}</p>`;
  return words + cardsV2.map(cardHtml).join('');
}

function cardHtml({ card: { header, sections } }: ChatCards[number]): string {
  const title = header && `<h3>${escapeHtml(header.title)}</h3>`;
  const subtitle = header?.subtitle && `<p class="context">${escapeHtml(header.subtitle)}</p>`;
  const widgets = sections.flatMap((section) => section.widgets.map(widgetHtml));
  return `<div class="card">${title ?? ''}${subtitle ?? ''}${widgets.join('')}</div>`;
}

function widgetHtml(widget: ChatWidget): string {
  if ('divider' in widget) return '<hr>';
  if ('textParagraph' in widget) return `<p>${escapeHtml(cardText(widget.textParagraph.text))}</p>`;
  if ('buttonList' in widget) return widget.buttonList.buttons.map(buttonHtml).join('');
  const { bottomLabel, button, text, topLabel } = widget.decoratedText;
  const lines = [topLabel, text, bottomLabel].filter((line) => line !== undefined);
  return `<p>${lines.map((line) => escapeHtml(cardText(line))).join('<br>')}</p>${button ? buttonHtml(button) : ''}`;
}

function buttonHtml({
  text,
  onClick,
}: {
  text: string;
  onClick: { openLink: { url: string } };
}): string {
  return `<p class="actions">${linkHtml(onClick.openLink.url, escapeHtml(text))}</p>`;
}
