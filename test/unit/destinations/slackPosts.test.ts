import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { MOST_PARTS, slackPosts, type SlackPost } from '../../../src/destinations/slack/posts.js';
import { textBlocks } from '../../../src/destinations/slack/render.js';
import { richTextPieces } from '../../../src/destinations/slack/richText.js';
import { checkBlocks } from '../../../src/sandbox/slack/blocks.js';
import { markdownDocuments } from './markdownDocuments.js';
import { messageToShow } from './messageToShow.js';
import { shownInRichText } from './shownText.js';

type RichTextBlock = ReturnType<typeof textBlocks>[number];

const words = (count: number): string =>
  Array.from({ length: count }, (_, index) => `word${index}`).join(' ');

function shownIn(blocks: SlackPost['blocks']) {
  return blocks
    .filter((block): block is RichTextBlock => block.type === 'rich_text')
    .flatMap(({ elements }) => elements.flatMap(shownInRichText));
}

const textIn = (blocks: SlackPost['blocks']): string =>
  shownIn(blocks)
    .map(({ character }) => character)
    .join('');

/** The small print below a post. */
const labelOf = ({ blocks }: SlackPost): unknown =>
  blocks
    .flatMap((block) => (block.type === 'context' ? block.elements : []))
    .flatMap((element) => (element.type === 'plain_text' ? element.text : []))[0];

const parts = (text: string, title?: string) =>
  slackPosts(messageToShow({ text, title }, { source: 'pagerduty' }), 'parts');

const withoutSpace = (text: string): string => text.replaceAll(/\s/g, '');

describe('a long message on Slack', () => {
  it('is one post while it fits', () => {
    const { posts, shortened } = parts(words(900));
    expect(posts).toHaveLength(1);
    expect(shortened).toBeUndefined();
    expect(posts.map(labelOf)).toEqual([undefined]);
  });

  it('is whole in several posts, of which the first has title and source', () => {
    const { posts, shortened } = parts(words(4_000), 'Disk full');
    expect(shortened).toBeUndefined();
    expect(posts.length).toBeGreaterThan(2);
    expect(posts.map(labelOf)).toEqual([
      `(1/${posts.length}) continued in the thread`,
      ...posts.slice(1).map((_, index) => `(${index + 2}/${posts.length})`),
    ]);
    expect(posts.map(({ blocks }) => blocks.some(({ type }) => type === 'header'))).toEqual([
      true,
      ...posts.slice(1).map(() => false),
    ]);
    expect(JSON.stringify(posts.map(({ blocks }) => blocks)).match(/pagerduty/g)).toHaveLength(1);
    expect(withoutSpace(posts.map(({ blocks }) => textIn(blocks)).join(''))).toBe(
      withoutSpace(words(4_000)),
    );
    expect(posts[0]?.text).toMatch(/^Disk full\nword0 /);
    expect(posts[1]?.text).toMatch(/^\(2\/\d+\)\n\nword\d+ /);
  });

  it('is whole in as many parts as the longest plain text takes', () => {
    const text = words(14_000);
    const { posts, shortened } = parts(text, 'x'.repeat(1_000));
    expect(text.length).toBeGreaterThan(120_000);
    expect(shortened).toBeUndefined();
    expect(posts.length).toBeLessThanOrEqual(MOST_PARTS);
    expect(withoutSpace(posts.map(({ blocks }) => textIn(blocks)).join(''))).toContain(
      withoutSpace(text),
    );
  });

  it('is cut between its blocks', () => {
    const paragraph = `${words(150)}.`;
    const { posts } = parts(Array.from({ length: 20 }, () => paragraph).join('\n\n'));
    expect(posts.length).toBeGreaterThan(1);
    for (const { blocks } of posts) expect(textIn(blocks).trim()).toMatch(/^word0 .*word149\.$/s);
  });

  it('has code in code on both sides of a cut', () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index} ${'.'.repeat(20)}`);
    const { posts } = parts(`\`\`\`\n${lines.join('\n')}\n\`\`\``);
    expect(posts.length).toBeGreaterThan(1);
    const elements = posts.flatMap(({ blocks }) =>
      blocks.flatMap((block) => (block.type === 'rich_text' ? block.elements : [])),
    );
    expect(new Set(elements.map(({ type }) => type))).toEqual(new Set(['rich_text_preformatted']));
    expect(posts.flatMap(({ blocks }) => textIn(blocks).trim().split(/\n+/))).toEqual(lines);
  });

  it('is shortened in its last part where it would take too many', () => {
    const text = '- item\n'.repeat(6_000);
    const { posts, shortened } = parts(text);
    expect(posts).toHaveLength(MOST_PARTS);
    expect(shortened?.of).toBe(text.length);
    const shown = posts.map(({ blocks }) => textIn(blocks)).join(' ');
    expect(shown).toContain(
      `… shortened: ${shortened?.shown.toLocaleString('en')} of ${text.length.toLocaleString('en')} characters are shown. Show the whole text`,
    );
    const share = (shortened?.shown ?? 0) / text.length;
    expect(shown.match(/item/g)?.length).toBeCloseTo(6_000 * share, -1);
  });

  it.each([
    ['the account says so', 'shorten', 'as configured'],
    ['its workflow knows no parts', 'parts', 'never'],
  ] as const)('is one shortened post where %s', (_why, longMessages, inParts) => {
    const text = words(4_000);
    const message = messageToShow({ text }, undefined, { inParts });
    const { posts, shortened } = slackPosts(message, longMessages);
    expect(posts).toHaveLength(1);
    expect(shortened?.shown).toBeGreaterThan(7_000);
    const [post] = posts;
    expect(shownIn(post?.blocks ?? []).at(-2)?.url).toBe(
      'https://sendproof.example/messages/pagerduty-55',
    );
  });

  it('goes on in parts where it was begun so', () => {
    const message = messageToShow({ text: words(4_000) }, undefined, { inParts: 'always' });
    expect(slackPosts(message, 'shorten').posts.length).toBeGreaterThan(1);
  });

  it.each([
    ['one word', 'x'.repeat(30_000)],
    ['Chinese', '数据库主节点的磁盘空间不足，请立即处理。'.repeat(1_500)],
    ['emoji', '👩🏽‍🚒'.repeat(4_000)],
    ['a table', `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(3_000)}`],
    ['a table with a wide cell', `| a | b |\n|---|---|\n| ${'x'.repeat(9_000)} | 2 |\n| 3 | 4 |`],
    ['a list', '- item\n'.repeat(3_000)],
    ['a list in a list', '- item\n  - inner\n'.repeat(2_000)],
    ['deep quotes', `${'> '.repeat(80)}${'word '.repeat(3_000)}`],
    ['words in styles', '**a** _b_ `c` '.repeat(3_000)],
    ['short links', '[a](https://example.com/) '.repeat(1_000)],
    ['a long link', `[label](https://example.com/${'y'.repeat(20_000)})`],
    ['headings', '# one\n\n'.repeat(2_000)],
    ['paragraphs', 'a\n\n'.repeat(10_000)],
    ['quotes that JSON escapes', '"'.repeat(40_000)],
  ])('has posts that Slack takes: %s', (_what, text) => {
    const title = '"'.repeat(1_000);
    const url = `https://example.com/?${'&a='.repeat(650)}`;
    for (const longMessages of ['parts', 'shorten'] as const) {
      const { posts, shortened } = slackPosts(
        messageToShow({ text, title }, { url }),
        longMessages,
      );
      for (const { blocks } of posts) expect(checkBlocks(blocks)).toBeUndefined();
      expect(posts.length === 1).toBe(longMessages === 'shorten');
      if (longMessages === 'shorten') expect(shortened).toBeDefined();
    }
  });

  it('shows every word and link once, in order and in its style, whatever the text', () => {
    fc.assert(
      fc.property(fc.array(markdownDocuments, { minLength: 1, maxLength: 15 }), (documents) => {
        const text = documents.map(({ markdown }) => markdown).join('\n\n');
        const { posts, shortened } = slackPosts(messageToShow({ text }), 'parts');
        expect(shortened).toBeUndefined();
        const seen = posts.flatMap(({ blocks }) => shownIn(blocks)).filter(isVisible);
        const whole = shownIn(textBlocks(richTextPieces(parseDocument(text)))).filter(isVisible);
        expect(seen).toEqual(whole);
        for (const { blocks } of posts) expect(checkBlocks(blocks)).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });
});

const isVisible = ({ character }: { character: string }): boolean => /\S/.test(character);
