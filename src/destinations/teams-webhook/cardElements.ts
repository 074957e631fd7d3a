/**
 * A document as elements of an Adaptive Card. Text is in RichTextBlocks, whose runs name their styles: the Markdown of a
 * TextBlock has neither quotes, code, tables, headings nor strikethrough, and no reliable way to keep a character literal.
 * https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
 */
import {
  itemMarker,
  linesOf,
  plainRun,
  RULE,
  textOf,
  type Block,
  type List,
  type Run,
} from '../document/document.js';
import { tableRuns } from '../document/table.js';

export type CardElement = Record<string, unknown>;

export function documentToCard(blocks: readonly Block[], depth = 0): CardElement[] {
  return blocks.flatMap((block): CardElement[] => {
    switch (block.kind) {
      case 'paragraph':
        return richText(block.runs);
      case 'heading':
        return [headingElement(block.runs, 'Medium')];
      case 'quote':
        return [
          { type: 'Container', style: 'emphasis', items: documentToCard(block.blocks, depth) },
        ];
      case 'list':
        return listElements(block, depth);
      case 'code':
        return richText([plainRun(block.text)], MONOSPACE);
      case 'table':
        return richText(tableRuns(block), MONOSPACE);
      case 'rule':
        return richText([plainRun(RULE)]);
    }
  });
}

/** Cards collapse ordinary spaces at the beginning of a line. */
const INDENT = '\u00A0'.repeat(4);

function listElements(list: List, depth: number): CardElement[] {
  return list.items.flatMap((item, index) => {
    const marker = `${INDENT.repeat(depth)}${itemMarker(list.first, index, depth)} `;
    const [first, ...others] = item;
    const isText = first?.kind === 'paragraph' || first?.kind === 'heading';
    const [line, ...lines] = richText([plainRun(marker), ...(isText ? first.runs : [])]);
    return [
      index === 0 ? { ...line } : { ...line, spacing: 'Small' },
      ...lines,
      ...documentToCard(isText ? others : item, depth + 1),
    ];
  });
}

/** Only a TextBlock can be a heading for screen readers. Words that Markdown could change are bold text instead. */
export function headingElement(runs: readonly Run[], size: 'Large' | 'Medium'): CardElement {
  const text = textOf(runs);
  const isPlain = runs.every(({ link, styles }) => !link && styles.length === 0);
  return isPlain && meansNothingInMarkdown(text)
    ? { type: 'TextBlock', text, style: 'heading', weight: 'Bolder', size, wrap: true }
    : {
        type: 'RichTextBlock',
        inlines: runs.map((run) => textRun(run, { weight: 'Bolder', size })),
      };
}

/** A small link on a line of its own. */
export function linkElement(text: string, url: string): CardElement {
  const run = textRun({ text, styles: [], link: { url } }, { size: 'Small', isSubtle: true });
  return { type: 'RichTextBlock', inlines: [run] };
}

/** Whether a TextBlock or a fact shows this line as it is. */
export function meansNothingInMarkdown(line: string): boolean {
  return !/[\\`*_~[\]()<>&#|!{}\n]|^\s*(?:[-+]|\d+[.)])(?:\s|$)|:\/\/|^\s|\s$/.test(line);
}

/**
 * Text in a block for each line, where lines begin or end with a style: some clients show no line break at the edge of a run
 * (https://github.com/microsoft/AdaptiveCards/issues/4914).
 */
function richText(runs: readonly Run[], looks: CardElement = {}): CardElement[] {
  const hasBreakAtEdge = runs.some(({ text }) => /^\n|\n$/.test(text));
  const lines = hasBreakAtEdge ? linesOf(runs) : [runs];
  return lines.map((line, index) => ({
    type: 'RichTextBlock',
    inlines: line.map((run) => textRun(run, looks)),
    ...(index > 0 && { spacing: 'None' }),
  }));
}

const MONOSPACE = { fontType: 'Monospace' };

function textRun({ text, styles, link }: Run, looks: CardElement = {}): CardElement {
  return {
    type: 'TextRun',
    text: withoutFunctions(text),
    ...(styles.includes('bold') && { weight: 'Bolder' }),
    ...(styles.includes('italic') && { italic: true }),
    ...(styles.includes('strike') && { strikethrough: true }),
    ...(styles.includes('code') && MONOSPACE),
    ...looks,
    ...(link && { selectAction: { type: 'Action.OpenUrl', url: link.url } }),
  };
}

/** Cards replace `{{DATE(…)}}` and `{{TIME(…)}}` in any text. An invisible character keeps them as they are. */
export function withoutFunctions(text: string): string {
  return text.replace(/\{(?=\{(?:DATE|TIME)\()/g, '{\u200B');
}
