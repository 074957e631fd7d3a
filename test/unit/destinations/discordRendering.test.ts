import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONTENT_LIMIT,
  DESCRIPTION_LIMIT,
  renderForDiscord,
} from '../../../src/destinations/discord/render.js';
import { DISCORD_MARKDOWN } from '../../../src/destinations/discord/markdown.js';
import { documentToMarkdown } from '../../../src/destinations/document/markdownText.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { readDiscordMarkdown } from '../../../src/sandbox/discord/markdown.js';
import { parsedForm } from '../../../src/sandbox/discord/messageSchema.js';
import { messageToShow } from './messageToShow.js';

const ZERO_WIDTH = '\u200B';
const text = (markdown: string): string =>
  documentToMarkdown(parseDocument(markdown), DISCORD_MARKDOWN);

describe('a text for Discord', () => {
  it.each([
    ['**Alert 55**: _disk_ ~~full~~ `df -h`', '**Alert 55**: *disk* ~~full~~ `df -h`'],
    ['**_both_**', '***both***'],
    ['[the page](https://example.com/a?b=c&d=e)', '[the page](https://example.com/a?b=c&d=e)'],
    ['[a](https://example.com/x_(y))', '[a](https://example.com/x_%28y%29)'],
    ['<https://example.com>', '<https://example.com>'],
    [
      '[https://bank.example](https://example.com)',
      `https\\://bank.example (<https://example.com>)`,
    ],
    ['[mail](mailto:ops@example.com)', 'mail (mailto:ops@example.com)'],
    ['# One\n\n#### Four', '# One\n\n**Four**'],
    ['> quoted\n> > twice', '> quoted\n> \n> twice'],
    ['- one\n- two\n  - three', '- one\n- two\n  - three'],
    ['3. one\n4. two', '3. one\n4. two'],
    ['```\na < b && *c*\n```', '```\na < b && *c*\n```'],
    ['| a | b |\n| - | - |\n| 1 | 2 |', '```\na | b\n1 | 2\n```'],
    ['a\n\n---\n\nb', 'a\n\n──────────\n\nb'],
    ['\\# no heading', `${ZERO_WIDTH}# no heading`],
    ['\\- no item', `${ZERO_WIDTH}- no item`],
    ['-# no subtext', `${ZERO_WIDTH}-# no subtext`],
    ['a\\*b\\_c \\|\\|d\\|\\|', String.raw`a\*b\_c \|\|d\|\|`],
    ['\\<@123> <#123> <t:1>', `\\<@${ZERO_WIDTH}123> \\<#123> \\<t:1>`],
    ['@everyone @here @ana', `@${ZERO_WIDTH}everyone @${ZERO_WIDTH}here @ana`],
    ['\\:fire: 12:30:45', String.raw`\:fire: 12\:30:45`],
    ['**`a*b`**', '`a*b`'],
  ])('is of %j', (markdown, expected) => {
    expect(text(markdown)).toBe(expected);
  });

  it('mentions nobody, and is markup nowhere, whatever it says', () => {
    const words = fc.constantFrom(
      '<',
      '@',
      'everyone',
      'here',
      '@everyone',
      '<@1>',
      '<@&2>',
      '<#3>',
      ':no_such:',
      '*',
      '_',
      '__',
      '~~',
      '||',
      '`',
      '```',
      '\n',
      '> ',
      '- ',
      '-# ',
      '# ',
      '1. ',
      ' ',
      'a',
      '\\',
      '[',
      ']',
      '(',
      ')',
      'https://a.example',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 20 }), (parts) => {
        const words = parts.join('');
        const content = { text: 'a', title: words.replaceAll('\n', ' ').trim() || 'a' };
        const { message } = renderForDiscord(
          messageToShow(content),
          'https://a.example',
          undefined,
        );
        const runs = readDiscordMarkdown(message.content).flatMap((line) => line.runs);
        const shown = runs.map((run) => run.text).join('');
        expect(shown.replaceAll(ZERO_WIDTH, '').trim()).toBe(content.title.trim());
        expect(runs.filter(({ emoji, mention, url }) => emoji ?? mention ?? url)).toEqual([]);
        expect(new Set(runs.flatMap(({ styles }) => styles))).toEqual(new Set(['bold']));
        // Discord reads these from what was sent, before any escape.
        expect(message.content).not.toMatch(/@everyone|@here|<@[!&]?\d/);
        const inText = readDiscordMarkdown(text(words)).flatMap((line) => line.runs);
        expect(inText.filter(({ emoji, mention }) => emoji ?? mention)).toEqual([]);
        expect(inText.flatMap(({ styles }) => styles)).not.toContain('spoiler');
        expect(inText.flatMap(({ styles }) => styles)).not.toContain('underline');
      }),
    );
  });
});

describe('a message for Discord', () => {
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
      '[x](https://e.example) ',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4_000 }),
        (pieces, times) => {
          const content = {
            text: `a${pieces.join('').repeat(times)}`.slice(0, 12_000),
            title: `T${pieces.join('').repeat(times)}`.replaceAll('\n', ' ').slice(0, 1_000),
            severity: 'critical' as const,
          };
          const correlation = {
            source: 's'.repeat(200),
            reference: 'r'.repeat(200),
            url: 'https://example.com/55',
          };
          const { message, shortened } = renderForDiscord(
            messageToShow(content, correlation),
            'https://a.example',
            '<@1100000000000000009>',
          );
          expect(message.content.length).toBeLessThanOrEqual(CONTENT_LIMIT);
          expect(message.embeds[0]?.description.length).toBeLessThanOrEqual(DESCRIPTION_LIMIT);
          expect(() =>
            parsedForm(Buffer.from(JSON.stringify(message)), 'application/json'),
          ).not.toThrow();
          if (shortened) expect(message.embeds[0]?.description).toContain('characters are shown');
        },
      ),
      { numRuns: 15 },
    );
  });

  it('shows something of a text that has nothing to show', () => {
    const shown = renderForDiscord(messageToShow({ text: ' ' }), 'https://a.example', undefined);
    expect(shown.message).toEqual({
      content: '',
      embeds: [{ url: 'https://a.example', description: ZERO_WIDTH }],
    });
  });

  it('links to no address that could start a program, and shows it', () => {
    for (const url of ['javascript:alert(1)', 'mailto:ops@example.com', 'tel:123']) {
      const correlation = { source: 'pagerduty', url };
      const shown = renderForDiscord(
        messageToShow({ text: 'a' }, correlation),
        'https://a.example',
        undefined,
      );
      expect(shown.message.embeds[0]?.author).toEqual({ name: `pagerduty (${url})` });
    }
  });
});
