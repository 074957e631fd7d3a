/**
 * From what a template wrote to Markdown or to plain text. Each output of a value is a mark in the written text at first: only
 * the whole shows whether a value is within code, a link or a sentence, and so how it has to be written to show as it is.
 */
import { escapedMarkdown, plainAsMarkdown } from '../lib/plainAsMarkdown.js';
import { closeOpenCode, hasFencedCode } from '../destinations/document/openCode.js';
import { inCode } from '../lib/markdownCode.js';
import { wordsOf, type Segment } from './richText.js';

/** Characters that Unicode promises never to assign. `withoutMarks` keeps them out of templates. */
const OPEN = '\uFDD0';
const CLOSE = '\uFDD1';
const MARKS = /\uFDD0(\d+)\uFDD1/g;

export function withoutMarks(text: string): string {
  return text.replaceAll(OPEN, '').replaceAll(CLOSE, '');
}

/** The values of one rendering, in the order in which they were written. */
export class WrittenValues {
  readonly #segments: Segment[] = [];

  /** What stands for these in the written text. */
  write(segments: readonly Segment[]): string {
    return segments
      .map((segment) => {
        if (segment.kind === 'literal') return segment.text;
        this.#segments.push(segment);
        return `${OPEN}${this.#segments.length - 1}${CLOSE}`;
      })
      .join('');
  }

  /** The segments of a written text, as of one that a template keeps for later. */
  read(written: string): Segment[] {
    const segments: Segment[] = [];
    let at = 0;
    for (const mark of written.matchAll(MARKS)) {
      if (mark.index > at) segments.push({ kind: 'literal', text: written.slice(at, mark.index) });
      const segment = this.#segments[Number(mark[1])];
      if (segment) segments.push(segment);
      at = mark.index + mark[0].length;
    }
    if (at < written.length) segments.push({ kind: 'literal', text: written.slice(at) });
    return segments;
  }

  asMarkdown(written: string): string {
    return blocksOf(written)
      .map(({ isCode, text }) => (isCode ? this.#inBlockOfCode(text) : this.#inParagraphs(text)))
      .join('\n');
  }

  /** One line. */
  asPlainText(written: string): string {
    return this.#with(written, (segment) =>
      segment.kind === 'markdown' ? wordsOf(segment.text) : segment.text,
    )
      .replace(/\s+/g, ' ')
      .trim();
  }

  #with(written: string, textOf: (segment: Segment) => string): string {
    return written.replace(MARKS, (_mark, index: string) => {
      const segment = this.#segments[Number(index)];
      return segment === undefined ? '' : textOf(segment);
    });
  }

  #inBlockOfCode(block: string): string {
    const lines = block.split('\n');
    const [opening = ''] = lines;
    const fence = FENCE.exec(opening)?.[1] ?? '';
    const text = this.#with(block, (segment) => segment.text);
    const inside = text.split('\n').slice(1, isClosedBy(lines, fence) ? -1 : undefined);
    const sign = fence.charAt(0);
    // No line of a value may end the block.
    const longest = Math.max(0, ...inside.map((line) => runAtStart(line, sign)));
    if (longest < fence.length) return text;
    const longer = sign.repeat(longest + 1);
    return [text.split('\n')[0]?.replace(fence, longer), ...inside, longer].join('\n');
  }

  #inParagraphs(text: string): string {
    // Code within a line ends at a blank line at the latest.
    return this.#withBlocksApart(text)
      .split(/(\n[ \t]*\n)/)
      .map((paragraph) => this.#inParagraph(paragraph))
      .join('');
  }

  /** Values that have blocks of code, on lines of their own: beside other words a fence would be text, and its end a beginning. */
  #withBlocksApart(text: string): string {
    return text.replace(MARKS, (mark, index: string, at: number) => {
      const segment = this.#segments[Number(index)];
      if (segment?.kind !== 'markdown' || !hasFencedCode(segment.text)) return mark;
      const before = /^$|\n/.test(text.charAt(at - 1)) ? '' : '\n';
      const after = /^$|\n/.test(text.charAt(at + mark.length)) ? '' : '\n';
      return `${before}${mark}${after}`;
    });
  }

  #inParagraph(paragraph: string): string {
    let markdown = '';
    let at = 0;
    for (const { end, length, start } of codeSpans(paragraph)) {
      markdown += this.#inSentence(paragraph.slice(at, start));
      const span = paragraph.slice(start, end);
      const inside = this.#with(span.slice(length, -length), (segment) => segment.text);
      markdown += inside === span.slice(length, -length) ? span : inCode(inside.trim());
      at = end;
    }
    return markdown + this.#inSentence(paragraph.slice(at));
  }

  #inSentence(text: string): string {
    const isInLabel = placesOf(text, LABELS);
    return text.replace(PIECES, (piece, which: string | undefined, index: number) => {
      if (which === undefined) {
        return piece.includes(OPEN) ? this.#address(piece, text.charAt(index - 1) === '<') : piece;
      }
      const segment = this.#segments[Number(which)];
      if (segment === undefined) return '';
      if (text.startsWith('](', index - 2)) return `<${addressIn(segment)}>`;
      return markdownOf(segment, isInLabel(index));
    });
  }

  /** An address that has values in it. Signs at its end belong to the sentence. */
  #address(written: string, isInBrackets: boolean): string {
    const url = written.replace(/[.,;:!?*_]+$/, '');
    const address = this.#with(url, addressIn);
    return `${isInBrackets ? address : `<${address}>`}${written.slice(url.length)}`;
  }
}

/** A link has no other link in its label. */
function markdownOf(segment: Segment, inLabel: boolean): string {
  switch (segment.kind) {
    case 'plain':
      return inLabel ? escapedMarkdown(segment.text) : plainAsMarkdown(segment.text);
    case 'code':
      return segment.text === '' ? '' : inCode(segment.text);
    case 'link':
      if (inLabel) return escapedMarkdown(segment.text);
      return `[${escapedMarkdown(segment.text)}](<${addressIn({ text: segment.url })}>)`;
    case 'markdown':
      return closeOpenCode(segment.text);
    case 'literal':
      return segment.text;
  }
}

/** An address, as it can stand between angle brackets. */
function addressIn({ text }: { text: string }): string {
  return text.trim().replace(/[\s<>\\`"]/g, (character) => encodeURIComponent(character));
}

/** Values, and addresses that the template has written, with the values in them. */
const PIECES = /https?:\/\/[^\s<>()[\]"'`]+|\uFDD0(\d+)\uFDD1/g;

const LABELS = /\[(?:[^[\]\\]|\\.)*\]\(/g;

/** Whether places, asked for from the first to the last, are within what the pattern finds. */
function placesOf(text: string, pattern: RegExp): (index: number) => boolean {
  const ranges = [...text.matchAll(pattern)].map(({ 0: { length }, index }) => ({
    from: index,
    to: index + length,
  }));
  let next = 0;
  return (index) => {
    while ((ranges[next]?.to ?? Infinity) <= index) next += 1;
    return (ranges[next]?.from ?? Infinity) < index;
  };
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

function runAtStart(line: string, sign: string): number {
  const run = FENCE.exec(line)?.[1] ?? '';
  return run.startsWith(sign) ? run.length : 0;
}

function isClosedBy(lines: readonly string[], fence: string): boolean {
  return lines.length > 1 && closes(lines.at(-1) ?? '', fence);
}

function closes(line: string, fence: string): boolean {
  const run = FENCE.exec(line)?.[1] ?? '';
  return run.startsWith(fence) && line.trim() === run;
}

/** Blocks of code with their fences, and what is between them. */
function blocksOf(written: string): { isCode: boolean; text: string }[] {
  const blocks: { isCode: boolean; lines: string[] }[] = [{ isCode: false, lines: [] }];
  let fence: string | undefined;
  for (const line of written.split('\n')) {
    const opened = fence === undefined ? FENCE.exec(line)?.[1] : undefined;
    // A line with backticks after its fence is a line of text.
    if (
      opened !== undefined &&
      !(opened.startsWith('`') && line.trim().replace(/^`+/, '').includes('`'))
    ) {
      fence = opened;
      blocks.push({ isCode: true, lines: [line] });
      continue;
    }
    blocks.at(-1)?.lines.push(line);
    if (fence !== undefined && closes(line, fence)) {
      fence = undefined;
      blocks.push({ isCode: false, lines: [] });
    }
  }
  return blocks
    .filter(({ lines }) => lines.length > 0)
    .map(({ isCode, lines }) => ({ isCode, text: lines.join('\n') }));
}

interface CodeSpan {
  start: number;
  end: number;
  /** Of the backticks at each end. */
  length: number;
}

/** Code within a line, from backticks to as many backticks. A backslash before them makes them text. */
function codeSpans(text: string): CodeSpan[] {
  const runs = [...text.matchAll(/\\[\\`]|`+/g)].filter(([run]) => run.startsWith('`'));
  const closing = new Map<number, number>();
  const nextOfLength = new Map<number, number>();
  for (let index = runs.length - 1; index >= 0; index -= 1) {
    const length = runs[index]?.[0].length ?? 0;
    const next = nextOfLength.get(length);
    if (next !== undefined) closing.set(index, next);
    nextOfLength.set(length, index);
  }
  const spans: CodeSpan[] = [];
  for (let index = 0; index < runs.length; index += 1) {
    const start = runs[index];
    const closedBy = closing.get(index);
    const end = closedBy === undefined ? undefined : runs[closedBy];
    if (start === undefined || closedBy === undefined || end === undefined) continue;
    const { length } = start[0];
    spans.push({ start: start.index, end: end.index + length, length });
    index = closedBy;
  }
  return spans;
}
