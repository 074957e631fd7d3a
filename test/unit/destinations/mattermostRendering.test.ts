import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MATTERMOST_MARKDOWN } from '../../../src/destinations/mattermost/markdown.js';
import { renderForMattermost } from '../../../src/destinations/mattermost/render.js';
import { withEmoji } from '../../../src/destinations/document/emoji.js';
import { documentToMarkdown } from '../../../src/destinations/document/markdownText.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { notifiedBy, readMattermostMarkdown } from '../../../src/sandbox/mattermost/markdown.js';
import { messageToShow } from './messageToShow.js';

const ZW = '\u200B';
const text = (markdown: string): string =>
  documentToMarkdown(parseDocument(markdown), MATTERMOST_MARKDOWN);

describe('a text for Mattermost', () => {
  it.each([
    ['**Alert 55**: _disk_ ~~full~~ `df -h`', '**Alert 55**: *disk* ~~full~~ `df -h`'],
    ['[the page](https://example.com/a?b=c&d=e)', '[the page](https://example.com/a?b=c&d=e)'],
    ['<https://example.com>', '<https://example.com>'],
    ['# One\n\n#### Four', '# One\n\n#### Four'],
    ['> quoted\n> > twice', '> quoted\n> \n> > twice'],
    ['- one\n- two\n  - three', '- one\n- two\n  - three'],
    ['3. one\n4. two', '3. one\n4. two'],
    ['1. one\n\n2) other', `1. one\n\n${ZW}\n\n2. other`],
    ['```\na < b\n```', '```\na < b\n```'],
    ['| a | b\\|c |\n| - | - |\n| 1 | 2 |', '| a | b\\|c |\n| --- | --- |\n| 1 | 2 |'],
    ['a\n\n---\n\nb', 'a\n\n***\n\nb'],
    ['@all @channel @here @ana', `@${ZW}all @${ZW}channel @${ZW}here @${ZW}ana`],
    ['\\#tag ~town-square', `#${ZW}tag \\~${ZW}town-square`],
    ['\\:fire: :) <3 x-d', `:${ZW}fire: :${ZW}) <${ZW}3 x${ZW}-d`],
    ['costs $5 and $6', String.raw`costs \$5 and \$6`],
    ['&amp;lt;', `&${ZW}lt;`],
    [':party-parrot:', ':party-parrot:'],
    ['\\- no item', `${ZW}- no item`],
  ])('is of %j', (markdown, expected) => {
    expect(text(markdown)).toBe(expected);
  });

  it('is nothing of Mattermost’s own, whatever it says', () => {
    const words = fc.constantFrom(
      '@',
      'all',
      'channel',
      'here',
      '@ana',
      '#',
      'tag',
      '#tag',
      '~',
      'town',
      '~town',
      ':',
      ':no_such:',
      ':)',
      ':-D',
      ';)',
      '<3',
      'x-d',
      '$',
      '$a$',
      '*',
      '_',
      '~~',
      '`',
      '```',
      '\n',
      '> ',
      '- ',
      '# ',
      '1. ',
      ' ',
      'a',
      '\\',
      '[',
      ']',
      '|',
      '|-|',
      '<',
      '&lt;',
      'www.a.example',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 20 }), (parts) => {
        const all = parts.join('');
        const title = all.replaceAll('\n', ' ').trim() || 'a';
        const { message } = renderForMattermost(
          messageToShow({ text: 'a', title }),
          16_383,
          undefined,
        );
        expect(notifiedBy(message)).toEqual([]);
        const [first] = readMattermostMarkdown(message);
        const runs = first?.runs ?? [];
        const shown = runs
          .map((run) => run.text)
          .join('')
          .replaceAll(ZW, '')
          .replaceAll('\u02CB', '`');
        // `:a:` is the code of an emoji in every title.
        expect(shown.replaceAll(/\s+/g, ' ').trim()).toBe(withEmoji(title).replaceAll(/\s+/g, ' '));
        expect(runs.filter(({ emoji, mention, url }) => emoji ?? mention ?? url)).toEqual([]);
        const inText = readMattermostMarkdown(text(all)).flatMap((line) => line.runs);
        expect(inText.filter(({ mention, styles }) => mention && !styles.includes('code'))).toEqual(
          [],
        );
      }),
      { examples: [[[':', 'a', ':-D']], [['@', ' ', '|', '@', 'www.a.example']]] },
    );
  });
});

describe('a message for Mattermost', () => {
  it('fits, and says how much of a longer text it shows', () => {
    const piece = fc.constantFrom(
      'word ',
      'ü',
      '🚨',
      '_',
      '\n\n',
      '**bold** ',
      '| a |\n| - |\n',
      '`c` ',
      '\\',
      '- x\n',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4_000 }),
        fc.constantFrom(1_000, 4_000, 16_383),
        (pieces, times, limit) => {
          const content = {
            text: `a${pieces.join('').repeat(times)}`.slice(0, 30_000),
            title: `T${pieces.join('').repeat(times)}`.replaceAll('\n', ' ').slice(0, 1_000),
          };
          const correlation = { source: 's'.repeat(200), url: 'https://example.com/55' };
          const { message, shortened } = renderForMattermost(
            messageToShow(content, correlation),
            limit,
            '@here',
          );
          expect(message.length).toBeLessThanOrEqual(limit);
          if (shortened) expect(message).toContain('characters are shown');
        },
      ),
      { numRuns: 12 },
    );
  });
});
