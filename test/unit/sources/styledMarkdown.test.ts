import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STYLES, type Block, type Run } from '../../../src/destinations/document/document.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { inlineAsMarkdown, keepIndents } from '../../../src/lib/plainAsMarkdown.js';
import { bold, styledMarkdown, type Style } from '../../../src/sources/styledMarkdown.js';

const runsOf = (block: Block): readonly Run[] => (block.kind === 'paragraph' ? block.runs : []);

/** Each character that a reader sees, with its styles. */
const shown = (markdown: string): string[] =>
  parseDocument(markdown)
    .flatMap(runsOf)
    .flatMap(({ styles, text }) => seen(text, styles));

const seen = (text: string, styles: readonly string[]): string[] =>
  Array.from(text.replaceAll(/[\s\u200B]/g, '')).map(
    (character) => `${character} ${STYLES.filter((style) => styles.includes(style)).join(' ')}`,
  );

describe('text in bold', () => {
  it.each([
    ['Status: ', '**Status:**'],
    ['a\n\nb', '**a**\n\n**b**'],
    ['', ''],
    [' ', ''],
    ['already **bold**', '**already bold**'],
    ['`2**3` is 8', '**`2**3` is 8**'],
    ['- item', '- **item**'],
  ])('%j is %j', (text, expected) => {
    expect(bold(text)).toBe(expected);
  });

  it.each([
    ['Impact:', 'writes', '**Impact:\u200B**writes'],
    ['Impact:', ' writes', '**Impact:** writes'],
    ['(x)', '*y*', '**(x)\u200B**\u200B*y*'],
  ])('%j before %j is %j', (first, next, expected) => {
    expect(styledMarkdown([{ markdown: first, styles: ['bold'] }, { markdown: next }])).toBe(
      expected,
    );
  });
});

it('shows each character in its styles, whatever is beside it', () => {
  const word = fc
    .array(fc.constantFrom('a', 'ß', '7', '日', ':', '(', '"', '*', '_', '~', '\\', '`', ' ', '\n'))
    .map((characters) => characters.join(''));
  const styles = fc.subarray<Style>(['bold', 'italic', 'strike']);
  fc.assert(
    fc.property(fc.array(fc.record({ text: word, styles }), { maxLength: 6 }), (pieces) => {
      const markdown = styledMarkdown(
        pieces.map((piece) => ({ markdown: inlineAsMarkdown(piece.text), styles: piece.styles })),
      );
      const expected = pieces.flatMap((piece) => seen(piece.text, piece.styles));
      expect(shown(keepIndents(markdown))).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});
