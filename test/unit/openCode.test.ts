/** Markdown of a sender, and what sendproof writes below it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closeOpenCode,
  hasFencedCode,
  shortenMarkdown,
} from '../../src/destinations/document/openCode.js';
import { parseDocument } from '../../src/destinations/document/parseDocument.js';
import { expectProcessorMsBelow } from '../processorTime.js';

const BELOW = { kind: 'paragraph', runs: [expect.objectContaining({ text: 'Below.' })] };

const markdown = fc
  .array(
    fc.tuple(
      fc.constantFrom('', ' ', '   ', '    ', '\t', '> ', '- ', '1. ', '> - ', '> > '),
      fc.constantFrom(
        ...['```', '````', '```js', '``` x', '``` `', '~~~', '~~~~~', '~~~ ~', '``', 'a ``` b'],
        ...['code', '', '    code', '# a', '---', '| a | b |', '|---|---|', '[a]: <', '\\```'],
        ...['<details>', '<!-- a', '<pre>', '**a', '[a](', '$$'],
      ),
      fc.constantFrom('', '', ' '),
    ),
    { maxLength: 12 },
  )
  .map((lines) => lines.map((line) => line.join('')).join('\n'));

describe('what is below any Markdown', () => {
  it('is a paragraph of its own', () => {
    fc.assert(
      fc.property(markdown, (given) => {
        expect(parseDocument(`${closeOpenCode(given)}\n\nBelow.`).at(-1)).toEqual(BELOW);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is a paragraph of its own, wherever it was cut', () => {
    fc.assert(
      fc.property(markdown, fc.integer({ min: 2, max: 60 }), (given, limit) => {
        const cut = shortenMarkdown(given, limit);
        expect(parseDocument(`${closeOpenCode(cut)}\n\nBelow.`).at(-1)).toEqual(BELOW);
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves Markdown as it is that is closed', () => {
    fc.assert(
      fc.property(markdown, (given) => {
        const closed = closeOpenCode(given);
        expect(closeOpenCode(closed)).toBe(closed);
        expect(closed.startsWith(given)).toBe(true);
      }),
    );
  });
});

it.each([
  ['text', 'a ``` b', 'a ``` b'],
  ['backticks', '```js\ncode', '```js\ncode\n```'],
  ['a longer run', '````\n```\ncode', '````\n```\ncode\n````'],
  ['tildes', '~~~~\n```', '~~~~\n```\n~~~~'],
  ['indented by up to three columns', '   ```\n   code', '   ```\n   code\n```'],
  ['indented further: no fence', '    ```\n    code', '    ```\n    code'],
  ['closed', '```\ncode\n```', '```\ncode\n```'],
  ['closed, and opened again', '```\na\n```\n```\nb', '```\na\n```\n```\nb\n```'],
  ['with other words on its last line', '```\na\n``` b', '```\na\n``` b\n```'],
  ['nothing but a fence', '```', '```\n```'],
  ['in a list', '- ```\n  code', '- ```\n  code'],
  ['in a list, and closed there', '- ```\n  code\n  ```', '- ```\n  code\n  ```'],
  ['in a quote', '> ```\n> code', '> ```\n> code'],
])('closes open code: %s', (_what, given, closed) => {
  expect(closeOpenCode(given)).toBe(closed);
});

it('tells a block of code from backticks in a line', () => {
  expect(hasFencedCode('a ```b``` c')).toBe(false);
  expect(hasFencedCode('a\n> ```\n> b')).toBe(true);
});

describe('Markdown that is shortened', () => {
  it('stays as it is where it is short enough', () => {
    expect(shortenMarkdown('```\na', 5)).toBe('```\na');
  });

  it.each([
    ['text', 'one two\nthree', 10, 'one two…'],
    ['code', '```\none\ntwo\nthree\n```', 15, '```\none\ntwo\n```\n…'],
    ['after the end of code', '```\none\n```\nThe others follow.', 14, '```\none\n```\n…'],
  ])('has an ellipsis beside code, not in it: %s', (_what, given, limit, shown) => {
    expect(shortenMarkdown(given, limit)).toBe(shown);
  });
});

it.each([
  ['quotes in code', `\`\`\`\n${'> - `a` **b** [c](d)\n'.repeat(5_000)}`],
  ['quotes', '> - `a` **b** ```\n'.repeat(5_000)],
  ['one deep quote', `${'>'.repeat(100_000)}\`\`\``],
  ['one deep list', `${'- '.repeat(50_000)}\`\`\``],
  ['fences', '```\n'.repeat(25_000)],
  ['definitions', `\`\`\`\n\`\`\`\n${'[a]: '.repeat(20_000)}`],
])('takes no long time for %s', (_what, given) => {
  expectProcessorMsBelow(100, () => closeOpenCode(given));
});
