/**
 * Text of which a template knows how each piece is to be shown. Plain strings are shown as they are; only what is Markdown by
 * its origin, or made by a filter, is one of these.
 */
import { Drop } from 'liquidjs';
import { parseDocument } from '../destinations/document/parseDocument.js';
import { itemMarker, textOf, type Block } from '../destinations/document/document.js';

export type Segment =
  /** Shown as it is, whatever it would mean in Markdown. */
  | { kind: 'plain'; text: string }
  /** Markdown of the event. */
  | { kind: 'markdown'; text: string }
  /** Markdown that the template itself has. It may open a link or code that a later segment is in. */
  | { kind: 'literal'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'link'; text: string; url: string };

/** A value of a template. Comparisons and most filters see its text. */
export class RichText extends Drop {
  readonly segments: readonly Segment[];

  constructor(segments: readonly Segment[]) {
    super();
    this.segments = segments;
  }

  override valueOf(): string {
    return this.segments.map(({ text }) => text).join('');
  }

  override toString(): string {
    return this.valueOf();
  }

  toJSON(): string {
    return this.valueOf();
  }

  override liquidMethodMissing(key: string | number): unknown {
    return key === 'size' ? this.valueOf().length : undefined;
  }
}

export function markdown(text: string): RichText {
  return new RichText([{ kind: 'markdown', text }]);
}

/** The segments of any value. Lists are their elements one after the other, objects their JSON. */
export function segmentsOf(value: unknown): readonly Segment[] {
  if (value instanceof RichText) return value.segments;
  if (Array.isArray(value)) return value.flatMap(segmentsOf);
  return [{ kind: 'plain', text: plainTextOf(value) }];
}

function plainTextOf(value: unknown): string {
  if (value instanceof Drop) return plainTextOf(value.valueOf());
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** What a reader sees of Markdown, without its styles: for titles, and for texts that are cut. */
export function wordsOf(text: string): string {
  return blockWords(parseDocument(text)).join('\n');
}

function blockWords(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block): string[] => {
    switch (block.kind) {
      case 'paragraph':
      case 'heading':
        return [textOf(block.runs)];
      case 'quote':
        return blockWords(block.blocks);
      case 'list':
        return block.items.map(
          (item, index) => `${itemMarker(block.first, index, 0)} ${blockWords(item).join(' ')}`,
        );
      case 'code':
        return [block.text];
      case 'table':
        return block.rows.map((row) => row.map(textOf).join(' · '));
      case 'rule':
        return [];
    }
  });
}
