/** The part of cards v2 that the sandbox knows: https://developers.google.com/workspace/chat/api/reference/rest/v1/cards */
import { z } from 'zod';

const openLinkButton = z.strictObject({
  text: z.string().min(1),
  onClick: z.strictObject({ openLink: z.strictObject({ url: z.url() }) }),
});
const widget = z.union([
  z.strictObject({ textParagraph: z.strictObject({ text: z.string() }) }),
  z.strictObject({
    decoratedText: z.strictObject({
      topLabel: z.string().optional(),
      text: z.string().min(1),
      bottomLabel: z.string().optional(),
      wrapText: z.boolean().optional(),
      button: openLinkButton.optional(),
    }),
  }),
  z.strictObject({ buttonList: z.strictObject({ buttons: z.array(openLinkButton).min(1) }) }),
  z.strictObject({ divider: z.strictObject({}) }),
]);

export const cardsSchema = z
  .array(
    z.strictObject({
      cardId: z.string().min(1).optional(),
      card: z.strictObject({
        header: z
          .strictObject({ title: z.string().min(1), subtitle: z.string().optional() })
          .optional(),
        sections: z
          .array(z.strictObject({ header: z.string().optional(), widgets: z.array(widget).min(1) }))
          .min(1),
      }),
    }),
  )
  .max(100)
  .refine(
    (cards) => cards.length < 2 || cards.every(({ cardId }) => cardId !== undefined),
    'each of several cards needs a cardId',
  );
export type ChatCards = z.infer<typeof cardsSchema>;
export type ChatWidget = z.infer<typeof widget>;

/** Everything that a reader sees of the cards, without the tags of HTML. */
export function textOfCards(cards: ChatCards): string {
  return cards
    .flatMap(({ card: { header, sections } }) => [
      header?.title,
      header?.subtitle,
      ...sections.flatMap((section) => [section.header, ...section.widgets.flatMap(textsOf)]),
    ])
    .filter((text) => text !== undefined)
    .map(cardText)
    .join('\n');
}

function textsOf(each: ChatWidget): (string | undefined)[] {
  if ('textParagraph' in each) return [each.textParagraph.text];
  if ('buttonList' in each) return each.buttonList.buttons.map(({ text }) => text);
  if ('divider' in each) return [];
  const { bottomLabel, button, text, topLabel } = each.decoratedText;
  return [topLabel, text, bottomLabel, button?.text];
}

/** A card's text without its tags. */
export function cardText(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
