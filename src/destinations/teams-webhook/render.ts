/** A message as an Adaptive Card: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format */
import type { Content, Correlation } from '../../domain/message.js';
import { childBlocks, markdownParser, NOTHING_TO_SHOW, type Token } from '../markdown.js';
import { heading } from '../severity.js';

/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using: 28 KB a message. */
export const CARD_LIMIT_BYTES = 28 * 1024;

/** The highest version of cards that Teams shows in messages from webhooks. */
const CARD_VERSION = '1.4';

const parser = markdownParser();

type CardElement = Record<string, unknown>;

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
  if (textElements(content.text).length === 0) return NOTHING_TO_SHOW;
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
  const facts = factsOf(correlation);
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: CARD_VERSION,
    msteams: { width: 'Full' },
    body: [
      ...(title === undefined ? [] : [headingElement(title, 'Large')]),
      ...textElements(content.text),
      ...(facts.length === 0 ? [] : [{ type: 'FactSet', facts }]),
    ],
    ...(correlation?.url !== undefined && {
      actions: [{ type: 'Action.OpenUrl', title: 'Open', url: correlation.url }],
    }),
  };
}

/** A heading is plain text: what a TextBlock would interpret as Markdown is escaped. */
function headingElement(text: string, size: 'Large' | 'Medium'): CardElement {
  return {
    type: 'TextBlock',
    text: text.replace(/[\\`*_[\]()]/g, '\\$&'),
    style: 'heading',
    weight: 'Bolder',
    size,
    wrap: true,
  };
}

/**
 * A TextBlock supports emphasis, lists and links, and gets those blocks as they were written. Other blocks become elements
 * that look alike.
 */
function textElements(markdown: string): CardElement[] {
  const lines = markdown.split(/\r\n|\r|\n/);
  return childBlocks(parser.parse(markdown, {})).map((block) => {
    const [opening] = block;
    const written = lines
      .slice(...(opening?.map ?? [0, 0]))
      .join('\n')
      .trimEnd();
    switch (opening?.type) {
      case 'heading_open':
        return headingElement(plainText(block), 'Medium');
      case 'fence':
      case 'code_block':
        return monospaced(opening.content.replace(/\n$/, ''));
      case 'table_open':
        return monospaced(written);
      default:
        return { type: 'TextBlock', text: written, wrap: true };
    }
  });
}

function plainText(block: readonly Token[]): string {
  return block
    .flatMap(({ children }) => children ?? [])
    .map(({ content }) => content)
    .join('');
}

function monospaced(text: string): CardElement {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, fontType: 'Monospace' }] };
}

function factsOf(correlation: Correlation | undefined): { title: string; value: string }[] {
  return [
    { title: 'Source', value: correlation?.source },
    { title: 'Reference', value: correlation?.reference },
  ].flatMap(({ title, value }) => (value === undefined ? [] : [{ title, value }]));
}
