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
  monospaced: boolean;
}

export function runsOf({ inlines }: CardElement): TextRun[] {
  if (!Array.isArray(inlines)) return [];
  return (inlines as unknown[]).map((inline) => {
    if (!isElement(inline)) return { text: textOf(inline), bold: false, monospaced: false };
    return {
      text: textOf(inline.text),
      bold: inline.weight === 'Bolder',
      monospaced: inline.fontType === 'Monospace',
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
