import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import type { Block, Run } from '../../../src/destinations/document/document.js';
import { mayLinkTo } from '../../../src/lib/linkTargets.js';
import { facts, linked, linksLine, linkTo } from '../../../src/sources/facts.js';

const runsOf = (block: Block): readonly Run[] => (block.kind === 'paragraph' ? block.runs : []);
const runsIn = (markdown: string) => parseDocument(markdown).flatMap(runsOf);

describe('a link of a post', () => {
  it.each([
    ['https://x/1', '[Log](<https://x/1>)'],
    [' https://x/1 ', '[Log](<https://x/1>)'],
    [`https://x/${'a'.repeat(5_000)}`, `[Log](<https://x/${'a'.repeat(5_000)}>)`],
    ['mailto:a@b.de', '[Log](<mailto:a@b.de>)'],
    ['/d/1', String.raw`Log (\/d\/1)`],
    ['https://x y', String.raw`Log (https\:\/\/x y)`],
    ['', undefined],
    ['#', undefined],
    ['data:image/png;base64,AA', undefined],
    [5, undefined],
    [undefined, undefined],
  ])('to %j is %j', (url, expected) => {
    expect(linkTo('Log', url)).toBe(expected);
    expect(linked('Log', url)).toBe(expected ?? 'Log');
  });

  it('has its words, and leads only where links may lead', () => {
    const scheme = fc.constantFrom(
      'https://',
      'mailto:',
      'javascript:',
      'file:///',
      '//',
      '',
      'x:',
    );
    const url = fc
      .tuple(scheme, fc.string({ unit: 'grapheme' }))
      .map(([start, rest]) => start + rest);
    const words = fc.stringMatching(/^[a-z<>[\]()*_`\\:]{1,12}$/);
    fc.assert(
      fc.property(words, url, (label, address) => {
        const runs = runsIn(linked(label, address) ?? '');
        expect(runs.map(({ text }) => text).join('')).toContain(label);
        for (const { link } of runs) {
          if (link) expect(mayLinkTo(address.trim()) && mayLinkTo(link.url)).toBe(true);
        }
      }),
    );
  });

  it('has a line with others', () => {
    expect(
      linksLine([
        ['Log', 'https://x/1'],
        ['Rule', undefined],
        [undefined, 'tel:+491234'],
      ]),
    ).toBe('[Log](<https://x/1>) · [Open](<tel:+491234>)');
  });
});

it('names facts in bold, whatever their names are', () => {
  expect(facts({ ' a ': '1', 'b\nc': '2', d: '' })).toBe('**a :** 1\n**b**\n**c:** 2');
});
