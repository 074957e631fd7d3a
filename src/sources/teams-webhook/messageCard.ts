/** https://learn.microsoft.com/outlook/actionable-messages/message-card-reference. Its texts are Markdown. */
import { linkTo, paragraphs } from '../facts.js';
import { htmlToMarkdown } from '../html.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';

export function messageCardToMarkdown(card: JsonObject): string {
  return paragraphs(
    htmlToMarkdown(textAt(card, 'text')),
    ...listAt(card, 'sections').map(sectionToMarkdown),
    actionsToMarkdown(listAt(card, 'potentialAction')),
  );
}

function sectionToMarkdown(section: unknown): string {
  const title = htmlToMarkdown(textAt(section, 'activityTitle') ?? textAt(section, 'title'));
  return paragraphs(
    title && `**${title.replaceAll('**', '')}**`,
    htmlToMarkdown(textAt(section, 'activitySubtitle')),
    htmlToMarkdown(textAt(section, 'activityText')),
    htmlToMarkdown(textAt(section, 'text')),
    listAt(section, 'facts').map(factToMarkdown).join('\n'),
    [at(section, 'heroImage'), ...listAt(section, 'images')]
      .flatMap((image) => linkTo(textAt(image, 'title') ?? 'Image', at(image, 'image')) ?? [])
      .join(' '),
    actionsToMarkdown(listAt(section, 'potentialAction')),
  );
}

function factToMarkdown(fact: unknown): string {
  return `**${htmlToMarkdown(textAt(fact, 'name')) ?? ''}** ${htmlToMarkdown(textAt(fact, 'value')) ?? ''}`;
}

/** Those that open a page. The others need a connector that answers. */
function actionsToMarkdown(actions: readonly unknown[]): string {
  return actions
    .flatMap((action) => {
      const uri = textAt(action, 'targets', 0, 'uri') ?? textAt(action, 'target', 0);
      return linkTo(textAt(action, 'name') ?? 'Open', uri) ?? [];
    })
    .join(' · ');
}
