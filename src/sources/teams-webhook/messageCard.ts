/** https://learn.microsoft.com/outlook/actionable-messages/message-card-reference. Its texts are Markdown. */
import { linked, paragraphs } from '../facts.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';

export function messageCardToMarkdown(card: JsonObject): string {
  return paragraphs(
    withoutHtml(textAt(card, 'text')),
    ...listAt(card, 'sections').map(sectionToMarkdown),
    actionsToMarkdown(listAt(card, 'potentialAction')),
  );
}

function sectionToMarkdown(section: unknown): string {
  const title = withoutHtml(textAt(section, 'activityTitle') ?? textAt(section, 'title'));
  return paragraphs(
    title && `**${title.replaceAll('**', '')}**`,
    withoutHtml(textAt(section, 'activitySubtitle')),
    withoutHtml(textAt(section, 'activityText')),
    withoutHtml(textAt(section, 'text')),
    listAt(section, 'facts').map(factToMarkdown).join('\n'),
    listAt(section, 'images')
      .map((image) => linked(textAt(image, 'title') ?? 'Image', at(image, 'image')) ?? '')
      .join(' '),
    actionsToMarkdown(listAt(section, 'potentialAction')),
  );
}

function factToMarkdown(fact: unknown): string {
  return `**${withoutHtml(textAt(fact, 'name')) ?? ''}** ${withoutHtml(textAt(fact, 'value')) ?? ''}`;
}

/** Those that open a page. The others need a connector that answers. */
function actionsToMarkdown(actions: readonly unknown[]): string {
  return actions
    .flatMap((action) => {
      const uri = textAt(action, 'targets', 0, 'uri') ?? textAt(action, 'target', 0);
      return linked(textAt(action, 'name') ?? 'Open', uri) ?? [];
    })
    .join(' · ');
}

/** Cards may have simple HTML, which Markdown here shows as text. */
export function withoutHtml(text: string | undefined): string | undefined {
  return text
    ?.replaceAll(/\r\n?/g, '\n')
    .replaceAll(/<br\s*\/?>|<\/(?:p|div|li|h[1-6])>/gi, '\n')
    .replaceAll(/<\/?(?:b|strong)>/gi, '**')
    .replaceAll(/<\/?(?:i|em)>/gi, '*')
    .replaceAll(/<a\s[^<>]*?href="([^"<>]*)"[^<>]*>([^<>]*)<\/a>/gi, '[$2](<$1>)')
    .replaceAll(/<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/gi, '')
    .trim();
}
