/** Reads the text of Adaptive Cards: https://adaptivecards.io/explorer */

import { own } from '../../lib/own.js';

export type CardElement = Record<string, unknown>;

/** The elements inside an element, whatever kind of container it is. */
export function childrenOf(element: CardElement): CardElement[] {
  return ['body', 'items', 'columns', 'rows', 'cells', 'actions'].flatMap((name) => {
    const children = own(element, name);
    return Array.isArray(children) ? (children as unknown[]).filter(isElement) : [];
  });
}

export function isElement(value: unknown): value is CardElement {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The facts of a FactSet. */
export function factsOf({ facts }: CardElement): { title: string; value: string }[] {
  if (!Array.isArray(facts)) return [];
  return (facts as unknown[])
    .filter(isElement)
    .map(({ title, value }) => ({ title: textOf(title), value: textOf(value) }));
}

/** A run of a RichTextBlock: text of one style. */
export interface TextRun {
  text: string;
  bold: boolean;
  italic: boolean;
  struck: boolean;
  monospaced: boolean;
  /** What a click opens. */
  url?: string;
}

export function runsOf({ inlines }: CardElement): TextRun[] {
  if (!Array.isArray(inlines)) return [];
  return (inlines as unknown[]).map((inline) => {
    const run = isElement(inline) ? inline : { text: inline };
    const url = isElement(run.selectAction) ? textOf(run.selectAction.url) : '';
    return {
      text: textOf(run.text),
      bold: run.weight === 'Bolder',
      italic: run.italic === true,
      struck: run.strikethrough === true,
      monospaced: run.fontType === 'Monospace',
      ...(url !== '' && { url }),
    };
  });
}

/** The text blocks and facts of a card, a line for each. */
export function textOfCard(card: CardElement): string {
  return linesOf(card).join('\n');
}

function linesOf(element: CardElement): string[] {
  return [
    ...(element.type === 'TextBlock' ? [textOf(element.text)] : []),
    ...(element.type === 'RichTextBlock'
      ? [
          runsOf(element)
            .map(({ text }) => text)
            .join(''),
        ]
      : []),
    ...factsOf(element).map(({ title, value }) => `${title}: ${value}`),
    ...childrenOf(element).flatMap(linesOf),
  ];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
