import fc from 'fast-check';
import { expect, it } from 'vitest';
import { slackPosts } from '../../src/destinations/slack/posts.js';
import type { Content, Correlation } from '../../src/domain/message.js';
import { mayTakeSeveralPosts } from '../../src/domain/severalPosts.js';
import { markdownDocuments } from './destinations/markdownDocuments.js';
import { messageToShow } from './destinations/messageToShow.js';

const posts = (content: Content, correlation?: Correlation): number =>
  slackPosts(messageToShow(content, correlation), 'parts').posts.length;

const PIECES = [
  'word ',
  '*a*b',
  '**_~~a~~_** ',
  '`a` ',
  '- a\n',
  '- - a\n',
  '1. a\n',
  '1. - + a\n',
  '> a\n\n',
  '# a\n',
  ':fire:',
  'https://example.com/a ',
  '<https://a.b> ',
  '[a](https://a.b)',
  '[a][1] ',
  '<!channel>',
  '&lt;',
  '"quoted" ',
  '障害',
  '🔥',
  '| a | b |\n',
];

it('a message that takes several posts is known before the first, whatever its text is made of', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        markdownDocuments.map(({ markdown }) => markdown),
        fc.constantFrom(...PIECES),
        fc
          .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 5 })
          .map((all) => all.join('')),
      ),
      fc.integer({ min: 50, max: 9_000 }),
      fc.boolean(),
      (piece, length, isLinked) => {
        const text = piece.repeat(Math.ceil(length / Math.max(1, piece.length)));
        const url = 'https://a.b/'.padEnd(2_000, 'c');
        const content = {
          text: isLinked ? `${text}\n\n[1]: ${url}` : text,
          title: 'T'.repeat(200),
        };
        const correlation = { source: 'pagerduty', reference: '55', url };
        fc.pre(!mayTakeSeveralPosts({ content, correlation }));
        expect(posts(content, correlation)).toBe(1);
      },
    ),
    { numRuns: 150 },
  );
});

it.each([
  ['a line', 'Disk full'],
  [
    'an alert',
    '**Checkout is down** since 12:03.\n\n- [Runbook](https://example.com/runbook)\n- `checkout-7`\n',
  ],
  ['a paragraph', 'Nothing but words. '.repeat(150)],
])('%s has no event for it', (_, text) => {
  expect(mayTakeSeveralPosts({ content: { text } })).toBe(false);
});
