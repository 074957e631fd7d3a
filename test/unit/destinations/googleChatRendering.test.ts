import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MESSAGE_LIMIT_BYTES,
  renderForGoogleChat,
} from '../../../src/destinations/google-chat/render.js';
import { readChatText } from '../../../src/sandbox/googleChat/chatText.js';
import { messageToShow } from './messageToShow.js';

const text = (markdown: string): string =>
  renderForGoogleChat(messageToShow({ text: markdown }), 'app').message.text;

const ZERO_WIDTH = '\u200B';

describe('a message for Google Chat', () => {
  it.each([
    ['**Alert 55**: _disk_ ~~full~~ `df -h`', '*Alert 55*: _disk_ ~full~ `df -h`'],
    ['[the page](https://example.com/a?b=c&d=e)', '<https://example.com/a?b=c&d=e|the page>'],
    ['<https://example.com>', '<https://example.com>'],
    ['[a > b](https://example.com)', 'a > b (<https://example.com>)'],
    ['[a](https://example.com/x%7Cy)', '<https://example.com/x%7Cy|a>'],
    ['# Heading', '*Heading*'],
    ['> quoted\n> twice', '> quoted\n> twice'],
    ['- one\n- two\n  - three', '• one\n• two\n    ◦ three'],
    ['3. one\n4. two', '3. one\n4. two'],
    ['```\na < b && c\n```', '```\na < b && c\n```'],
    ['| a | b |\n| - | - |\n| 1 | 2 |', '```\na | b\n1 | 2\n```'],
    ['a\n\n---\n\nb', 'a\n\n──────────\n\nb'],
    ['fish & chips &lt;b&gt;', `fish & chips <${ZERO_WIDTH}b>`],
    ['\\- no item', `${ZERO_WIDTH}- no item`],
    ['\\> no quote', `${ZERO_WIDTH}> no quote`],
  ])('shows %j', (markdown, expected) => {
    expect(text(markdown)).toBe(expected);
  });

  it('mentions nobody, whatever the text says', () => {
    const words = fc.constantFrom(
      '<',
      'users/all',
      'users/123',
      '>',
      '@all',
      '*',
      '`',
      '```',
      '\n',
      ' ',
      'a',
      '\\<',
      '|',
    );
    fc.assert(
      fc.property(
        fc.array(words, { maxLength: 20 }),
        fc.constantFrom('app', 'webhook'),
        (parts, as) => {
          const content = { text: parts.join(''), title: parts.join('').replaceAll('\n', ' ') };
          const correlation = {
            source: parts.join('').replaceAll('\n', ' '),
            reference: '<users/all>',
          };
          const { message } = renderForGoogleChat(messageToShow(content, correlation), as);
          const runs = readChatText(message.text).flatMap((line) => line.runs);
          expect(runs.filter(({ mention }) => mention)).toEqual([]);
          expect(message.text).not.toMatch(/<users\//);
        },
      ),
    );
  });

  it('has at most 32,000 bytes, and says how much of a longer text it shows', () => {
    const piece = fc.constantFrom(
      'word ',
      'ü',
      '🚨',
      '"',
      '\n\n',
      '**bold** ',
      '| a |\n| - |\n',
      '`c` ',
      '\\',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 12_000 }),
        fc.constantFrom('app', 'webhook'),
        (pieces, times, as) => {
          const content = {
            text: `a${pieces.join('').repeat(times)}`.slice(0, 40_000),
            title: 'Disk full',
            severity: 'critical' as const,
          };
          const correlation = { source: 's'.repeat(200), url: 'https://example.com/55' };
          const { message, shortened } = renderForGoogleChat(
            messageToShow(content, correlation),
            as,
          );
          expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(
            MESSAGE_LIMIT_BYTES,
          );
          if (shortened) expect(message.text).toContain('characters are shown');
        },
      ),
      { numRuns: 12 },
    );
  });

  it('leaves out a source that would take too much of it', () => {
    const correlation = { source: 'ü'.repeat(5_000) };
    const shown = renderForGoogleChat(messageToShow({ text: 'a' }, correlation), 'app');
    expect(shown.message).toEqual({ text: 'a', cardsV2: [] });
    expect(
      renderForGoogleChat(messageToShow({ text: 'a' }, correlation), 'webhook').message,
    ).toEqual({ text: 'a' });
  });

  it('links to no address that could start a program, and shows it', () => {
    const correlation = { source: 'pagerduty', url: 'javascript:alert(1)' };
    const { message } = renderForGoogleChat(messageToShow({ text: 'a' }, correlation), 'app');
    expect(JSON.stringify(message.cardsV2)).toContain('pagerduty (javascript:alert(1))');
    expect(JSON.stringify(message.cardsV2)).not.toContain('openLink');
  });
});
