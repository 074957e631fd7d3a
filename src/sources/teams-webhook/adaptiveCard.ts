/** https://adaptivecards.io/explorer. Text blocks are Markdown. */
import {
  fact,
  linkAround,
  linked,
  linksLine,
  linkTo,
  paragraphs,
  plain,
  type Link,
} from '../facts.js';
import { escapedMarkdown, inlineAsMarkdown } from '../../lib/plainAsMarkdown.js';
import { at, listAt, textAt } from '../json.js';
import { bold, styledMarkdown, type Piece, type Style } from '../styledMarkdown.js';

export function adaptiveCardToMarkdown(card: unknown): string {
  return cardToMarkdown(card, DEEPEST);
}

function cardToMarkdown(card: unknown, levels: number): string {
  return paragraphs(
    ...listAt(card, 'body').map((element) => elementToMarkdown(element, levels)),
    actionsToMarkdown(listAt(card, 'actions'), levels),
    selectLink(card),
  );
}

/** Containers within containers: no card has more levels that people see. */
const DEEPEST = 20;

/** The first text block that is set as a heading, or else the first at all. */
export function headingIn(card: unknown): string | undefined {
  const blocks = listAt(card, 'body').filter((element) => textAt(element, 'type') === 'TextBlock');
  const isHeading = (block: unknown): boolean =>
    textAt(block, 'style') === 'heading' ||
    /^(?:large|extralarge|medium)$/i.test(textAt(block, 'size') ?? '') ||
    isBolder(block);
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

/** What it shows, and where it leads when somebody clicks on it. */
function elementToMarkdown(element: unknown, levels: number): string {
  return levels === 0 ? '' : paragraphs(contentOf(element, levels), selectLink(element));
}

function contentOf(element: unknown, levels: number): string | undefined {
  const inner = (name: string): string =>
    paragraphs(...listAt(element, name).map((each) => elementToMarkdown(each, levels - 1)));
  switch (textAt(element, 'type')) {
    case 'TextBlock':
      return textBlock(element);
    case 'RichTextBlock':
      return styledMarkdown(listAt(element, 'inlines').map(runToMarkdown));
    case 'FactSet':
      return listAt(element, 'facts')
        .map((each) => fact(textAt(each, 'title'), textAt(each, 'value')))
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
      return inner('columns');
    case 'Table':
      return listAt(element, 'rows')
        .map((row) =>
          listAt(row, 'cells')
            .map((cell) => elementToMarkdown(cell, levels - 1).replaceAll('\n', ' '))
            .join(' · '),
        )
        .join('\n');
    case 'Media':
      return linksLine(
        listAt(element, 'sources').map((source): Link => [
          textAt(element, 'altText') ?? 'Media',
          at(source, 'url'),
        ]),
      );
    default:
      return inner('items');
  }
}

/** Its own words have no Markdown. */
function runToMarkdown(run: unknown): Piece {
  if (typeof run === 'string') return { markdown: inlineAsMarkdown(run) };
  const text = at(run, 'text');
  const url = pageOf(at(run, 'selectAction'));
  const words = typeof text === 'string' ? text : '';
  return {
    markdown: url === undefined ? inlineAsMarkdown(words) : linkAround(escapedMarkdown(words), url),
    styles: stylesOf(run),
  };
}

function stylesOf(run: unknown): Style[] {
  return [
    ...(isBolder(run) ? (['bold'] as const) : []),
    ...(at(run, 'italic') === true ? (['italic'] as const) : []),
    ...(at(run, 'strikethrough') === true ? (['strike'] as const) : []),
  ];
}

function isBolder(text: unknown): boolean {
  return /^bolder$/i.test(textAt(text, 'weight') ?? '');
}

function selectLink(element: unknown): string | undefined {
  const action = at(element, 'selectAction');
  return linkTo(textAt(action, 'title') ?? 'Open', pageOf(action));
}

/** The page that an action opens. */
function pageOf(action: unknown): string | undefined {
  return textAt(action, 'url');
}

/** A run of backticks would end the block. */
function codeBlock(code: string): string {
  return `\`\`\`\n${code.replaceAll('```', '`\u200B``')}\n\`\`\``;
}

function textBlock(element: unknown): string | undefined {
  const text = textAt(element, 'text');
  const isOneLine = !text?.includes('\n') && !text?.includes('**');
  return text && isBolder(element) && isOneLine ? bold(text) : text;
}

/** The links, and what a button would unfold. Others need an app that answers. */
function actionsToMarkdown(actions: readonly unknown[], levels: number): string {
  const unfolded = actions.filter((action) => textAt(action, 'type') === 'Action.ShowCard');
  return paragraphs(
    linksLine(actions.map((action): Link => [textAt(action, 'title'), pageOf(action)])),
    ...(levels > 0 ? unfolded.map((action) => cardToMarkdown(at(action, 'card'), levels - 1)) : []),
  );
}

/** Where the card leads: its buttons first. */
export function pagesOf(card: unknown): (string | undefined)[] {
  return [...listAt(card, 'actions'), at(card, 'selectAction')].map(pageOf);
}
