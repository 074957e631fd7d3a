import { closeOpenCode } from '../../destinations/document/openCode.js';
import { severityOfColour } from '../colours.js';
import { event, firstWebAddress } from '../event.js';
import { linksLine, paragraphs, type Link } from '../facts.js';
import { htmlToMarkdown, withoutEntities } from '../html.js';
import { at, isObject, listAt, textAt, type JsonObject } from '../json.js';
import { bold } from '../styledMarkdown.js';
import { Unusable, type ParsedEvent } from '../source.js';
import { adaptiveCardToMarkdown, colourIn, headingIn, pagesOf } from './adaptiveCard.js';
import { messageCardToMarkdown, pageOf } from './messageCard.js';

/** @throws Unusable where there is nothing to show */
export function parseTeamsPayload(payload: JsonObject, key: string): ParsedEvent {
  const cards = cardsIn(payload);
  const text =
    cards.length > 0
      ? paragraphs(
          htmlToMarkdown(textAt(payload, 'text')),
          cards.map((card) => closeOpenCode(cardToMarkdown(card))).join('\n\n---\n\n'),
        )
      : messageCardToMarkdown(payload);
  const title =
    textAt(payload, 'title') ??
    cards
      .map((card) => headingIn(card) ?? textAt(card, 'title'))
      .find((heading) => heading !== undefined) ??
    textAt(payload, 'summary') ??
    textAt(payload, 'sections', 0, 'activityTitle') ??
    textAt(payload, 'sections', 0, 'title');
  if (text === '' && title === undefined) {
    throw new Unusable('The payload is neither a MessageCard nor a message with an Adaptive Card.');
  }
  return event({
    key,
    title: titleOf(title ?? firstLine(text)),
    text,
    severity: severityOfColour(textAt(payload, 'themeColor') ?? colourIn(cards[0])),
    url: firstWebAddress(
      ...listAt(payload, 'potentialAction').map(pageOf),
      ...cards.flatMap(pagesOf),
    ),
    labels: { summary: textAt(payload, 'summary'), color: textAt(payload, 'themeColor') },
    raw: payload,
  });
}

/** A card by itself, or as the attachment of a message. */
function cardsIn(payload: JsonObject): unknown[] {
  if (textAt(payload, 'type') === 'AdaptiveCard') return [payload];
  return listAt(payload, 'attachments').flatMap((attachment) => {
    const content = at(attachment, 'content');
    return isObject(content) ? [content] : [];
  });
}

/** What has a body is an Adaptive Card, all other kinds have the fields of a MessageCard. */
function cardToMarkdown(card: unknown): string {
  if (!isObject(card)) return '';
  if (at(card, 'body') !== undefined || textAt(card, 'type') === 'AdaptiveCard') {
    return adaptiveCardToMarkdown(card);
  }
  const title = textAt(card, 'title');
  return paragraphs(
    title && bold(titleOf(title)),
    htmlToMarkdown(textAt(card, 'subtitle')),
    messageCardToMarkdown(card),
    heroLinks(card),
  );
}

/** The images and buttons of a hero card: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference#hero-card */
function heroLinks(card: JsonObject): string {
  const opening = [...listAt(card, 'buttons'), at(card, 'tap')].filter((button) =>
    /^openUrl$/i.test(textAt(button, 'type') ?? ''),
  );
  return linksLine([
    ...listAt(card, 'images').map((image): Link => [
      textAt(image, 'alt') ?? 'Image',
      at(image, 'url'),
    ]),
    ...opening.map((button): Link => [textAt(button, 'title'), at(button, 'value')]),
  ]);
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}

/** An address may have pairs of parentheses, and a title after it. */
const ESCAPE_OR_LINK =
  /\\.|\[((?:\\.|[^[\]\\])*)\]\((?:<[^<>]*>|[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)/gs;

/** A title is plain text; in cards it often has marks of Markdown or HTML. */
function titleOf(text: string): string {
  const withoutMarks = (htmlToMarkdown(text) ?? '')
    .replaceAll(ESCAPE_OR_LINK, (whole, label?: string) => label ?? whole)
    .replaceAll(/[*`\u200B]|~~|\\(?=[^\p{L}\p{N}\s])/gu, '')
    .replaceAll('\u00A0', ' ')
    .trim();
  return withoutEntities(withoutMarks);
}
