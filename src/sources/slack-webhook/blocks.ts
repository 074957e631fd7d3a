/** Blocks as Markdown: https://docs.slack.dev/reference/block-kit/blocks */
import { linked, linksLine, linkTo, paragraphs, plain, type Link } from '../facts.js';
import { at, listAt, textAt } from '../json.js';
import { bold } from '../styledMarkdown.js';
import { joinedLines, mrkdwnToMarkdown } from './mrkdwn.js';
import { richTextToMarkdown } from './richText.js';

export function blocksToMarkdown(blocks: readonly unknown[]): string {
  return paragraphs(...blocks.map(blockToMarkdown));
}

/** The text of the first header. */
export function headerIn(blocks: readonly unknown[]): string | undefined {
  return blocks
    .filter((block) => textAt(block, 'type') === 'header')
    .map((block) => textAt(block, 'text', 'text'))
    .find((text) => text !== undefined);
}

function blockToMarkdown(block: unknown): string | undefined {
  switch (textAt(block, 'type')) {
    case 'header':
      return bold(plain(textAt(block, 'text', 'text')) ?? '');
    case 'section':
      return paragraphs(
        textObject(at(block, 'text')),
        joinedLines(listAt(block, 'fields').flatMap((field) => textObject(field) ?? [])),
        elementToMarkdown(at(block, 'accessory')),
      );
    case 'context':
      return listAt(block, 'elements').map(elementToMarkdown).filter(Boolean).join(' ');
    case 'actions':
      return listAt(block, 'elements').map(elementToMarkdown).filter(Boolean).join(' · ');
    case 'image':
      return elementToMarkdown(block);
    case 'markdown':
      return textAt(block, 'text');
    case 'rich_text':
      return richTextToMarkdown(block);
    case 'table':
      return tableToMarkdown(listAt(block, 'rows'));
    case 'divider':
      return '---';
    case 'video':
      return linked(
        textAt(block, 'title', 'text') ?? 'Video',
        at(block, 'title_url') ?? at(block, 'video_url'),
      );
    default:
      // A block that Slack added later: what it says, if it has a text.
      return textObject(at(block, 'text'));
  }
}

/** A line for each row: cells are of any width. */
function tableToMarkdown(rows: readonly unknown[]): string {
  return rows
    .map((row) => (Array.isArray(row) ? (row as unknown[]) : []).map(cellToMarkdown).join(' · '))
    .join('\n');
}

function cellToMarkdown(cell: unknown): string {
  return textAt(cell, 'type') === 'rich_text'
    ? richTextToMarkdown(cell).replaceAll('\n', ' ')
    : (plain(textAt(cell, 'text')) ?? '');
}

/** Of a section or a context: text, an image, or buttons and menus with links. */
function elementToMarkdown(element: unknown): string | undefined {
  switch (textAt(element, 'type')) {
    case 'mrkdwn':
    case 'plain_text':
      return textObject(element);
    case 'image':
      return linked(
        textAt(element, 'alt_text') ?? textAt(element, 'title', 'text') ?? 'Image',
        at(element, 'image_url'),
      );
    case 'button':
      return linkTo(textAt(element, 'text', 'text') ?? 'Open', at(element, 'url'));
    case 'overflow':
      return linksLine(
        listAt(element, 'options').map((option): Link => [
          textAt(option, 'text', 'text'),
          at(option, 'url'),
        ]),
      );
    default:
      return undefined;
  }
}

function textObject(value: unknown): string | undefined {
  const text = textAt(value, 'text');
  if (text === undefined) return undefined;
  return textAt(value, 'type') === 'mrkdwn' ? mrkdwnToMarkdown(text) : plain(text);
}
