/** A message as an Adaptive Card: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format */
import type { Shortening } from '../../domain/delivery.js';
import type { Content, Correlation } from '../../domain/message.js';
import { LINK_WORDS, type MessagePage } from '../../domain/messagePage.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import type { Show } from '../destination.js';
import { plainRun, type Block } from '../document/document.js';
import { fittingDocument } from '../document/fitting.js';
import { parseDocument } from '../document/parseDocument.js';
import { heading } from '../severity.js';
import {
  documentToCard,
  headingElement,
  linkElement,
  meansNothingInMarkdown,
  withoutFunctions,
  type CardElement,
} from './cardElements.js';

/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using: 28 KB a message. */
export const CARD_LIMIT_BYTES = 28 * 1024;

/** The delivery id goes into the card's own id, which readers don't see. */
const DELIVERY_ID_BYTES = 256;

/** Far more than the address of a page takes. */
const LINK_LIMIT_BYTES = 8 * 1024;

/** The highest version of cards that Teams shows in messages from webhooks. */
const CARD_VERSION = '1.4';

/** The body for a Workflows webhook; `shortened` where the card shows only the beginning of the text. */
export function renderForTeamsWebhook(
  { content, correlation, page }: Show,
  deliveryId: string,
): { body: string; shortened?: Shortening | undefined } {
  const around = { content, correlation, page };
  const { blocks, shortened } = fittingDocument(
    content.text,
    parseDocument(content.text),
    page,
    (document) =>
      Buffer.byteLength(envelope(document, around, '')) + DELIVERY_ID_BYTES <= CARD_LIMIT_BYTES,
  );
  return { body: envelope(blocks, around, deliveryId), shortened };
}

interface AroundText {
  content: Content;
  correlation: Correlation | undefined;
  page: MessagePage;
}

function envelope(document: readonly Block[], around: AroundText, deliveryId: string): string {
  return JSON.stringify({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: { id: deliveryId, ...card(document, around) },
      },
    ],
  });
}

function card(document: readonly Block[], { content, correlation, page }: AroundText): CardElement {
  const title = heading(content);
  const url = correlation?.url;
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: CARD_VERSION,
    msteams: { width: 'Full' },
    body: [
      ...(title === undefined ? [] : [headingElement([plainRun(title)], 'Large')]),
      ...documentToCard(document),
      ...factElements(correlation),
      ...footerElements(page),
    ],
    ...(url !== undefined &&
      mayLinkTo(url) && { actions: [{ type: 'Action.OpenUrl', title: 'Open', url }] }),
  };
}

/** The link to the page of the message; none where it would take too much of the card. */
function footerElements({ footer }: MessagePage): CardElement[] {
  if (footer === undefined || Buffer.byteLength(footer) > LINK_LIMIT_BYTES) return [];
  return [linkElement(LINK_WORDS, footer)];
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
