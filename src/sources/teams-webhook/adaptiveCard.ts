/** https://adaptivecards.io/explorer. Text blocks are Markdown. */
import { linked, linkTo, paragraphs, plain } from '../facts.js';
import { at, listAt, textAt } from '../json.js';

export function adaptiveCardToMarkdown(card: unknown): string {
  return cardToMarkdown(card, DEEPEST);
}

function cardToMarkdown(card: unknown, levels: number): string {
  return paragraphs(
    ...listAt(card, 'body').map((element) => elementToMarkdown(element, levels)),
    actionsToMarkdown(listAt(card, 'actions'), levels),
  );
}

/** Containers within containers: no card has more levels that people see. */
const DEEPEST = 10;

/** The first text block that is set as a heading, or else the first at all. */
export function headingIn(card: unknown): string | undefined {
  const blocks = listAt(card, 'body').filter((element) => textAt(element, 'type') === 'TextBlock');
  const isHeading = (block: unknown): boolean =>
    textAt(block, 'style') === 'heading' ||
    /^(?:large|extralarge|medium)$/i.test(textAt(block, 'size') ?? '') ||
    /^bolder$/i.test(textAt(block, 'weight') ?? '');
  return textAt(blocks.find(isHeading) ?? blocks[0], 'text');
}

/** The first colour or style of a block that has a meaning, as `attention`. */
export function colourIn(card: unknown): string | undefined {
  return listAt(card, 'body')
    .flatMap((element) => [
      element,
      ...listAt(element, 'items'),
      ...listAt(element, 'columns').flatMap((column) => listAt(column, 'items')),
    ])
    .flatMap((element) => [textAt(element, 'color'), textAt(element, 'style')])
    .find((colour) => /^(?:attention|warning|good)$/i.test(colour ?? ''));
}

function elementToMarkdown(element: unknown, levels: number): string | undefined {
  if (levels === 0) return undefined;
  const inner = (name: string): string =>
    paragraphs(...listAt(element, name).map((each) => elementToMarkdown(each, levels - 1)));
  switch (textAt(element, 'type')) {
    case 'TextBlock':
      return textBlock(element);
    case 'RichTextBlock':
      return listAt(element, 'inlines')
        .map((run) => plain(typeof run === 'string' ? run : textAt(run, 'text')) ?? '')
        .join('');
    case 'FactSet':
      return listAt(element, 'facts')
        .map((fact) => `**${textAt(fact, 'title') ?? ''}** ${textAt(fact, 'value') ?? ''}`)
        .join('\n');
    case 'CodeBlock':
      return codeBlock(textAt(element, 'codeSnippet') ?? '');
    case 'Badge':
      return plain(textAt(element, 'text'));
    case 'Carousel':
      return inner('pages');
    case 'ImageSet':
      return inner('images');
    case 'Image':
      return linked(textAt(element, 'altText') ?? 'Image', at(element, 'url'));
    case 'ActionSet':
      return actionsToMarkdown(listAt(element, 'actions'), levels - 1);
    case 'ColumnSet':
      return paragraphs(
        ...listAt(element, 'columns').map((column) =>
          paragraphs(...listAt(column, 'items').map((each) => elementToMarkdown(each, levels - 1))),
        ),
      );
    case 'Table':
      return listAt(element, 'rows')
        .map((row) =>
          listAt(row, 'cells')
            .map((cell) =>
              paragraphs(
                ...listAt(cell, 'items').map((each) => elementToMarkdown(each, levels - 1)),
              ).replaceAll('\n', ' '),
            )
            .join(' · '),
        )
        .join('\n');
    default:
      return inner('items');
  }
}

/** A run of backticks would end the block. */
function codeBlock(code: string): string {
  return `\`\`\`\n${code.replaceAll('```', '`\u200B``')}\n\`\`\``;
}

function textBlock(element: unknown): string | undefined {
  const text = textAt(element, 'text');
  const isBold = /^bolder$/i.test(textAt(element, 'weight') ?? '') && !text?.includes('**');
  return text && isBold && !text.includes('\n') ? `**${text.trim()}**` : text;
}

/** The links, and what a button would unfold. Others need an app that answers. */
function actionsToMarkdown(actions: readonly unknown[], levels: number): string {
  const unfolded = actions.filter((action) => textAt(action, 'type') === 'Action.ShowCard');
  return paragraphs(
    actions
      .flatMap((action) => linkTo(textAt(action, 'title') ?? 'Open', at(action, 'url')) ?? [])
      .join(' · '),
    ...(levels > 0 ? unfolded.map((action) => cardToMarkdown(at(action, 'card'), levels - 1)) : []),
  );
}
