/** https://learn.microsoft.com/outlook/actionable-messages/message-card-reference. Its texts are Markdown. */
import { fact, linksLine, paragraphs, type Link } from '../facts.js';
import { htmlToMarkdown } from '../html.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';
import { bold } from '../styledMarkdown.js';

export function messageCardToMarkdown(card: JsonObject): string {
  return paragraphs(
    htmlToMarkdown(textAt(card, 'text')),
    ...listAt(card, 'sections').map(sectionToMarkdown),
    actionsToMarkdown(listAt(card, 'potentialAction')),
  );
}

function sectionToMarkdown(section: unknown): string {
  const titles = ['title', 'activityTitle'].map((name) => htmlToMarkdown(textAt(section, name)));
  return paragraphs(
    ...new Set(titles.map((title) => title && bold(title))),
    htmlToMarkdown(textAt(section, 'activitySubtitle')),
    htmlToMarkdown(textAt(section, 'activityText')),
    htmlToMarkdown(textAt(section, 'text')),
    listAt(section, 'facts').map(factToMarkdown).join('\n'),
    imagesLine([at(section, 'heroImage'), ...listAt(section, 'images')]),
    actionsToMarkdown(listAt(section, 'potentialAction')),
  );
}

function factToMarkdown(given: unknown): string {
  return fact(htmlToMarkdown(textAt(given, 'name')), htmlToMarkdown(textAt(given, 'value')));
}

function imagesLine(images: readonly unknown[]): string {
  return linksLine(
    images.map((image): Link => [textAt(image, 'title') ?? 'Image', at(image, 'image')]),
  );
}

/** Those that open a page, also what a card of inputs has of them. The others need a connector that answers. */
function actionsToMarkdown(actions: readonly unknown[]): string {
  return linksLine(
    actions
      .flatMap((action) => [action, ...listAt(action, 'actions')])
      .map((action): Link => [textAt(action, 'name'), pageOf(action)]),
  );
}

/** The page that a button opens. */
export function pageOf(action: unknown): string | undefined {
  return textAt(action, 'targets', 0, 'uri') ?? textAt(action, 'target', 0);
}
