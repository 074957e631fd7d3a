/** A message as an Adaptive Card: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format */
import type { Content, Correlation } from '../../domain/message.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import { plainRun } from '../document/document.js';
import { NOTHING_TO_SHOW, parseDocument } from '../document/parseDocument.js';
import { heading } from '../severity.js';
import {
  documentToCard,
  headingElement,
  meansNothingInMarkdown,
  withoutFunctions,
  type CardElement,
} from './cardElements.js';

/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using: 28 KB a message. */
export const CARD_LIMIT_BYTES = 28 * 1024;

/** The highest version of cards that Teams shows in messages from webhooks. */
const CARD_VERSION = '1.4';

/** The delivery id goes into the card's own id, which readers don't see. */
const DELIVERY_ID_BYTES = 256;

/** The body for a Workflows webhook. Leaves the source out where it would exceed the limit. */
export function renderForTeamsWebhook(
  content: Content,
  correlation: Correlation | undefined,
  deliveryId: string,
): string {
  const withContext = envelope(content, correlation, deliveryId);
  const fits = Buffer.byteLength(withContext) <= CARD_LIMIT_BYTES;
  return fits ? withContext : envelope(content, undefined, deliveryId);
}

/** Undefined when a card can show the content whole; otherwise what is wrong. */
export function checkTeamsWebhookContent(content: Content): string | undefined {
  if (parseDocument(content.text).length === 0) return NOTHING_TO_SHOW;
  const bytes = Buffer.byteLength(envelope(content, undefined, '')) + DELIVERY_ID_BYTES;
  if (bytes <= CARD_LIMIT_BYTES) return undefined;
  return `content takes ${Math.ceil(bytes / 1024)} KB as an Adaptive Card, and Teams accepts at most ${CARD_LIMIT_BYTES / 1024} KB from a webhook: shorten it, or link to the rest.`;
}

function envelope(
  content: Content,
  correlation: Correlation | undefined,
  deliveryId: string,
): string {
  return JSON.stringify({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: { id: deliveryId, ...card(content, correlation) },
      },
    ],
  });
}

function card(content: Content, correlation: Correlation | undefined): CardElement {
  const title = heading(content);
  const url = correlation?.url;
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: CARD_VERSION,
    msteams: { width: 'Full' },
    body: [
      ...(title === undefined ? [] : [headingElement([plainRun(title)], 'Large')]),
      ...documentToCard(parseDocument(content.text)),
      ...factElements(correlation),
    ],
    ...(url !== undefined &&
      mayLinkTo(url) && { actions: [{ type: 'Action.OpenUrl', title: 'Open', url }] }),
  };
}

/** A fact's value is Markdown: one that would be changed by it is written as text. */
function factElements(correlation: Correlation | undefined): CardElement[] {
  const url = correlation?.url;
  const facts = [
    { title: 'Source', value: correlation?.source },
    { title: 'Reference', value: correlation?.reference },
    { title: 'Link', value: url !== undefined && !mayLinkTo(url) ? url : undefined },
  ].flatMap(({ title, value }) => (value === undefined ? [] : [{ title, value }]));
  if (facts.length === 0) return [];
  if (facts.every(({ value }) => meansNothingInMarkdown(value)))
    return [{ type: 'FactSet', facts }];
  return facts.map(({ title, value }) => ({
    type: 'RichTextBlock',
    inlines: [
      { type: 'TextRun', text: `${title}: `, weight: 'Bolder' },
      { type: 'TextRun', text: withoutFunctions(value) },
    ],
  }));
}
