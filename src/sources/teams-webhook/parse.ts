import { closeOpenCode } from '../../destinations/document/openCode.js';
import { severityOfColour } from '../colours.js';
import { event } from '../event.js';
import { paragraphs } from '../facts.js';
import { htmlToMarkdown, withoutEntities } from '../html.js';
import { at, isObject, listAt, textAt, type JsonObject } from '../json.js';
import { Unusable, type ParsedEvent } from '../source.js';
import { adaptiveCardToMarkdown, colourIn, headingIn } from './adaptiveCard.js';
import { messageCardToMarkdown } from './messageCard.js';

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
    textAt(payload, 'sections', 0, 'activityTitle');
  if (text === '' && title === undefined) {
    throw new Unusable('The payload is neither a MessageCard nor a message with an Adaptive Card.');
  }
  return event({
    key,
    title: titleOf(title ?? firstLine(text)),
    text,
    severity: severityOfColour(textAt(payload, 'themeColor') ?? colourIn(cards[0])),
    url:
      textAt(payload, 'potentialAction', 0, 'targets', 0, 'uri') ??
      textAt(cards[0], 'actions', 0, 'url'),
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
  return paragraphs(title && `**${titleOf(title)}**`, messageCardToMarkdown(card));
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}

/** A title is plain text; in cards it often has marks of Markdown or HTML. */
function titleOf(text: string): string {
  const withoutMarks = (htmlToMarkdown(text) ?? '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*`]|\\(?=[^\p{L}\p{N}\s])/gu, '')
    .trim();
  return withoutEntities(withoutMarks);
}
