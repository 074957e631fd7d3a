import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { PIECE_LIMIT, richTextPieces } from '../../../src/destinations/slack/richText.js';
import {
  BLOCKS_JSON_LIMIT,
  BLOCKS_LIMIT,
  documentToMrkdwn,
  HEADER_LIMIT,
  NOTIFICATION_LIMIT,
  sizeOf,
  textBlocks,
} from '../../../src/destinations/slack/render.js';
import { MOST_PARTS, slackPosts } from '../../../src/destinations/slack/posts.js';
import { checkBlocks } from '../../../src/sandbox/slack/blocks.js';
import { messageToShow } from './messageToShow.js';
import { shownInMrkdwn, shownInRichText } from './shownText.js';
import type { Content, Correlation } from '../../../src/domain/message.js';
import { expectProcessorMsBelow } from '../../processorTime.js';

/** The first post, which is the only one of a message that fits. */
function renderForSlack(content: Content, correlation?: Correlation) {
  const [first] = slackPosts(messageToShow(content, correlation), 'parts').posts;
  if (!first) throw new Error('no post');
  return first;
}

/** The whole of the message, as one string. */
function mrkdwn(text: string): string {
  return documentToMrkdwn(parseDocument(text));
}

/** What is shown, in order, as text. */
function textIn(shown: readonly { character: string }[]): string {
  return shown.map(({ character }) => character).join('');
}

function blocksOf(text: string) {
  return textBlocks(richTextPieces(parseDocument(text)));
}

const shownIn = (blocks: ReturnType<typeof blocksOf>) =>
  blocks.flatMap(({ elements }) => elements.flatMap(shownInRichText));

/** What no cut may lose: all but white space. */
function essence(text: string): string {
  return text.replace(/\s/g, '');
}

describe('Markdown as mrkdwn', () => {
  it.each([
    ['plain words', 'plain words'],
    ['**bold** and *italic* and ~~struck~~', '*bold* and _italic_ and ~struck~'],
    ['__bold__ and _italic_', '*bold* and _italic_'],
    ['in**side**word', 'in\u200B*side*\u200Bword'],
    ['# Heading', '*Heading*'],
    ['## A **bold** heading', '*A bold heading*'],
    ['one\ntwo', 'one\ntwo'],
    ['one\n\ntwo', 'one\n\ntwo'],
    ['- one\n- two', '• one\n• two'],
    ['- one\n  - inner\n- two', '• one\n    ◦ inner\n• two'],
    ['3. three\n4. four', '3. three\n4. four'],
    ['> quoted\n> more', '> quoted\n> more'],
    ['`code`', '`code`'],
    ['```sh\nls -l\n```', '```\nls -l\n```'],
    ['    indented code', '```\nindented code\n```'],
    ['---', '──────────'],
    ['[label](https://example.com/a?b=c&d=e)', '<https://example.com/a?b=c&amp;d=e|label>'],
    ['https://example.com/path', '<https://example.com/path>'],
    ['<https://example.com>', '<https://example.com>'],
    ['![a graph](https://example.com/graph.png)', '<https://example.com/graph.png|a graph>'],
    [
      '[![badge](https://a.example/b)](https://c.example)',
      '<https://c.example|badge> (<https://a.example/b>)',
    ],
    [
      '[see **this**](https://example.com)',
      '<https://example.com|see >*<https://example.com|this>*',
    ],
    ['[a](https://example.com "Title")', '<https://example.com|a> (Title)'],
    ['| [a](https://example.com) |\n|---|', '```\na (https://example.com)\n```'],
    ['\\*args\\*', '*\u200Bargs\u200B*'],
    ['~5 or ~6', '~\u200B5 or ~\u200B6'],
    ['kube_pod_name, 2 * 3', 'kube_pod_name, 2 * 3'],
    ['a \\`b\\`', 'a \u02CBb\u02CB'],
    ['\\> no quote', '\u200B&gt; no quote'],
    ['これは**障害です。**対応中', 'これは\u200B*障害です。*\u200B対応中'],
    [':warning: 12:30:45 a:b:c `:x:`', '⚠️ 12:30:45 a:b:c `:x:`'],
    ['\\:warning: :our-own:', ':\u200Bwarning: :our-own:'],
    ['0. zero\n1. one', '0. zero\n1. one'],
    ['- a\n\n  ```\n  b\n  ```\n- c', '• a\n```\nb\n```\n• c'],
    ['[here](/relative)', 'here (/relative)'],
    ['README.md and example.com', 'README.md and example.com'],
    ['| a | b |\n|---|---|\n| 1 | 22 |', '```\na | b\n1 | 22\n```'],
    ['| name | n |\n|---|---|\n| ä | 1 |', '```\nname | n\nä    | 1\n```'],
    ['<b>html</b> & more', '&lt;b&gt;html&lt;/b&gt; &amp; more'],
    ['**unbalanced', '*\u200B*\u200Bunbalanced'],
    ['[unbalanced](', '[unbalanced]('],
    ['```\nnever closed', '```\nnever closed\n```'],
    ['``` ERROR disk full\nmore\n```', '```\nERROR disk full\nmore\n```'],
    ['```web-01.prod\ndisk full\n```', '```\nweb-01.prod\ndisk full\n```'],
    ['```YAML\na: 1\n```', '```\na: 1\n```'],
    ['cut off:\n```timeout', 'cut off:\n\n```\ntimeout\n```'],
    ['מַשֶּׁהוּ נִשְׁבַּר 🚨', 'מַשֶּׁהוּ נִשְׁבַּר 🚨'],
    ['[x](%)', 'x (%25)'],
  ])('%j becomes %j', (markdown, expected) => {
    expect(mrkdwn(markdown)).toBe(expected);
  });

  it.each([
    '<!channel>',
    '<!here|here>',
    '<@U0123ABC>',
    '<#C0123ABC>',
    '<!subteam^S0123ABC>',
    '`<!channel>`',
    '```\n<!channel>\n```',
    '    <!channel>',
    '# <!channel>',
    '[x](<!channel>)',
    '[<!channel>](https://example.com)',
    '![<!channel>](https://example.com)',
    '[x](https://example.com/<!channel>)',
    '[x](!channel)',
    '[x](@U0123ABC)',
    '[x](#C0123ABC)',
    '| <!channel> |\n|---|\n| <@U0123ABC> |',
    '&lt;!channel&gt;',
    '&#60;!channel>',
    '\\<!channel>',
    '> <!channel>',
    '- <!channel>',
  ])('%j mentions nobody', (markdown) => {
    const content: Content = { text: markdown, title: markdown, severity: 'ok' };
    const correlation = {
      source: markdown,
      reference: markdown,
      url: 'https://example.com/<!here>',
    };
    const { text, blocks } = renderForSlack(content, correlation);
    expect(text).not.toMatch(/<[!@#]/);
    // Rich text and a header have only plain text: Slack looks for nothing in it.
    expect(checkBlocks(blocks)).toBeUndefined();
    const types = JSON.stringify(blocks).match(/"type":"\w+"/g);
    expect(types?.filter((type) => /user|broadcast|channel|team/.test(type))).toEqual([]);
    // A header is plain text, in which Slack looks for nothing.
    const others = blocks.filter(({ type }) => type !== 'header');
    expect(JSON.stringify(others)).not.toMatch(/<[!@#]/);
  });
});

describe('a Slack message', () => {
  const content: Content = { text: 'The **disk** is full.' };

  it('has a header, the text, and where it comes from', () => {
    const correlation: Correlation = {
      source: 'pagerduty',
      reference: '55',
      url: 'https://example.pagerduty.com/incidents/55',
    };
    expect(
      renderForSlack({ ...content, title: 'Disk full', severity: 'critical' }, correlation),
    ).toEqual({
      text: '🚨 Critical: Disk full\nThe *disk* is full.',
      blocks: [
        {
          type: 'header',
          text: { type: 'plain_text', text: '🚨 Critical: Disk full', emoji: false },
        },
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [
                { type: 'text', text: 'The ' },
                { type: 'text', text: 'disk', style: { bold: true } },
                { type: 'text', text: ' is full.' },
              ],
            },
          ],
        },
        {
          type: 'context',
          elements: [
            {
              type: 'mrkdwn',
              text: '<https://example.pagerduty.com/incidents/55|pagerduty · 55>',
              verbatim: true,
            },
          ],
        },
      ],
    });
  });

  it('is only its text where there is nothing else', () => {
    expect(renderForSlack(content).blocks).toHaveLength(1);
  });

  it('shows a heading that is too long for a header in bold, whole', () => {
    const title = 'x'.repeat(HEADER_LIMIT);
    const [first] = renderForSlack({ ...content, title, severity: 'ok' }).blocks;
    const bold = { type: 'text', text: `✅ OK: ${title}`, style: { bold: true } };
    expect(first).toMatchObject({ type: 'rich_text', elements: [{ elements: [bold] }] });
  });
});

describe('a source with characters that Slack could take for markup', () => {
  it.each([
    { source: '*prod*', reference: '_55_' },
    { source: 'a', reference: '`x`', url: 'https://example.com/' },
    { source: ':fire:', url: `https://example.com/${'y'.repeat(1_980)}` },
  ])('is shown as it is: %j', (correlation) => {
    const last = renderForSlack(content(), correlation).blocks.at(-1);
    const text = [correlation.source, correlation.reference].filter(Boolean).join(' · ');
    expect(last).toMatchObject({
      type: 'rich_text',
      elements: [{ elements: [{ text, ...(correlation.url && { url: correlation.url }) }] }],
    });
  });

  it.each(['ms-msdt:/id', 'javascript:alert(1)', 'smb://host/x'])('has no link to %s', (url) => {
    const { blocks } = renderForSlack(content(), { source: 'a', url });
    expect(JSON.stringify(blocks)).toContain(`a (${url})`);
    expect(JSON.stringify(blocks)).not.toMatch(/"url"|\|a>/);
  });

  function content(): Content {
    return { text: 'words' };
  }
});

describe('lists, quotes and code in rich text', () => {
  it('number a list on after code in it', () => {
    const [block] = blocksOf('3. a\n\n   ```\n   b\n   ```\n4. c\n5. d');
    expect(block?.elements).toEqual([
      expect.objectContaining({ type: 'rich_text_list', style: 'ordered', offset: 2 }),
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'b' }] },
      expect.objectContaining({
        offset: 3,
        elements: [expect.anything(), expect.anything()] as unknown,
      }),
    ]);
  });

  it('keep links of a table', () => {
    const [block] = blocksOf('| name | n |\n|---|---|\n| [é](https://example.com) | 1 |');
    expect(block?.elements).toEqual([
      {
        type: 'rich_text_preformatted',
        elements: [
          { type: 'text', text: 'name | n\n' },
          { type: 'link', url: 'https://example.com', text: 'é' },
          { type: 'text', text: '    | 1' },
        ],
      },
    ]);
  });

  it('show a quote’s list and inner quote at its border', () => {
    const [block] = blocksOf('> a\n> - b\n>\n> > c');
    expect(block?.elements.map((element) => ({ ...element, elements: [] }))).toEqual([
      { type: 'rich_text_quote', elements: [] },
      { type: 'rich_text_list', style: 'bullet', indent: 0, border: 1, elements: [] },
      { type: 'rich_text_quote', border: 1, elements: [] },
    ]);
  });

  it('show what is nested more deeply than the parser follows', () => {
    const text = `${'>'.repeat(150)} deep`;
    expect(textIn(shownIn(blocksOf(text)))).toContain('deep');
    expect(textIn(shownIn(blocksOf(`${'- '.repeat(150)}deep`)))).toContain('deep');
  });
});

describe('splitting into blocks', () => {
  const texts = (markdown: string) =>
    blocksOf(markdown).map((block) => textIn(shownIn([block])).trim());

  it('packs what fits together', () => {
    expect(blocksOf('one\n\ntwo\n\n- three')).toHaveLength(1);
  });

  it('cuts between blocks first, then between lines, then between words', () => {
    const block = 'x'.repeat(2_000);
    expect(texts(`${block}\n\n${block}`)).toEqual([block, block]);
    expect(texts(`${block}\n${block}`)).toEqual([block, block]);
    const long = 'x'.repeat(2_700);
    expect(texts(`${long} ${long}`)).toEqual([long, long]);
  });

  it('keeps the style on both sides of a cut', () => {
    const blocks = blocksOf(`**${'bold words '.repeat(500)}end**`);
    expect(blocks.length).toBeGreaterThan(1);
    const styles = shownIn(blocks).filter(({ character }) => /\w/.test(character));
    expect(new Set(styles.map((each) => each.styles.join()))).toEqual(new Set(['bold']));
  });

  it.each([
    ['an emoji', '😀'],
    ['a family', '👨‍👩‍👧‍👦'],
    ['a flag', '🇫🇷'],
    ['a skin tone', '👍🏽'],
    ['a letter with marks', 'e\u0301\u0323'],
  ])('never cuts through %s', (_what, unit) => {
    for (let before = 0; before < unit.length; before += 1) {
      const whole = 'x'.repeat(before) + unit.repeat(Math.ceil(7_000 / unit.length));
      for (const block of texts(whole)) {
        expect(block.replaceAll(unit, '').replaceAll('x', '')).toBe('');
      }
    }
  });

  it('never cuts through a link', () => {
    const url = `https://example.com/${'y'.repeat(100)}`;
    const links = shownIn(blocksOf(`${'word '.repeat(590)}[some label](${url}) `.repeat(3)));
    expect(textIn(links).match(/some label/g)).toHaveLength(3);
  });

  it.each([
    ['Chinese', '数据库主节点的磁盘空间不足，请立即处理。'.repeat(350)],
    ['Thai', 'ฐานข้อมูลหลักมีพื้นที่ดิสก์ไม่เพียงพอ'.repeat(200)],
    ['base64', `see ${'QUJDRA'.repeat(1_200)}`],
    ['code in base64', `\`\`\`\nkey:\n${'QUJDRA'.repeat(1_200)}\n\`\`\``],
  ])('fills the blocks with text without spaces: %s', (_what, text) => {
    const lengths = blocksOf(text).map((block) => textIn(shownIn([block])).length);
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThan(PIECE_LIMIT * 0.75);
  });
});

describe('the notification', () => {
  it.each([
    ['Chinese', `生产环境 ${'数据库主节点的磁盘空间不足，请立即处理。'.repeat(220)}`],
    ['Japanese', `障害 ${'データベースのディスク容量が不足しています。'.repeat(220)}`],
    ['Thai', `ด่วน ${'ฐานข้อมูลหลักมีพื้นที่ดิสก์ไม่เพียงพอ'.repeat(120)}`],
    ['a long address', `see https://example.com/${'a1b2'.repeat(1_100)}`],
    ['base64', `\`\`\`\nkey:\n${'QUJDRA'.repeat(800)}\n\`\`\``],
    ['emoji', `x ${'👩🏽‍🚒'.repeat(700)}`],
    ['bold text', `**${'wordswithoutspaces'.repeat(250)}**`],
  ])('shows as much as fits of %s', (_what, text) => {
    const notification = renderForSlack({ text }).text;
    expect(notification.length).toBeLessThanOrEqual(NOTIFICATION_LIMIT);
    expect(notification.length).toBeGreaterThan(NOTIFICATION_LIMIT * 0.75);
    expect(notification.replace(/\n```$|\*$/, '')).toMatch(/…$/);
    expect(() => encodeURIComponent(notification)).not.toThrow();
    expect(textIn(shownInMrkdwn(notification))).not.toMatch(/\*|```/);
  });

  it('is whole where it fits, however few spaces it has', () => {
    const text = `第一行 ${'磁盘空间不足'.repeat(200)}`;
    expect(renderForSlack({ text }).text).toBe(text);
  });

  it('ends with a space near the limit, before a link that doesn’t fit', () => {
    const words = 'word '.repeat(780);
    const { text } = renderForSlack({ text: `${words}https://example.com/${'y'.repeat(200)}` });
    expect(text).toBe(`${words.trim()}…`);
  });
});

/** Text as people and machines write it, and as nobody should. */
const nastyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.constantFrom(
        '\n\n',
        '```\n',
        '`',
        '**',
        '_',
        '~~',
        '> ',
        '- ',
        '1. ',
        '# ',
        '| a | b |\n|---|---|\n| c | d |\n',
        '<!channel>',
        '[a](https://example.com)',
        '![',
        '](',
        '&amp;',
        '\u202E',
        '👩🏽‍🚒',
      ),
      fc.integer({ min: 1, max: 4_000 }).map((length) => 'y'.repeat(length)),
      fc.integer({ min: 1, max: 900 }).map((length) => '&<>'.repeat(length)),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((pieces) => pieces.join('').slice(0, 40_000));

const settings = fc.constantFrom('parts' as const, 'shorten' as const);

describe('whatever the content', () => {
  it('loses nothing in splitting, and never exceeds a block', () => {
    fc.assert(
      fc.property(nastyText, (markdown) => {
        const document = parseDocument(markdown);
        const whole = richTextPieces(document, Number.POSITIVE_INFINITY);
        const pieces = richTextPieces(document);
        const text = (of: typeof pieces): string =>
          essence(textIn(of.flatMap(({ elements }) => elements.flatMap(shownInRichText))));
        expect(text(pieces)).toBe(text(whole));
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(PIECE_LIMIT);
        for (const block of textBlocks(pieces)) {
          expect(checkBlocks([block])?.messages ?? []).toEqual([]);
        }
      }),
    );
  });

  it('stays within Slack’s limits, and mentions nobody', () => {
    const content = fc.record<Content>(
      {
        text: nastyText,
        title: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1_000 }),
        severity: fc.constantFrom('critical', 'error', 'warning', 'info', 'ok'),
      },
      { requiredKeys: ['text'] },
    );
    const correlation = fc.record<Correlation>(
      {
        source: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
        reference: fc.string({ minLength: 1, maxLength: 255 }),
        url: fc.webUrl({ withQueryParameters: true }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(content, correlation, settings, (wanted, from, longMessages) => {
        const { posts } = slackPosts(messageToShow(wanted, from), longMessages);
        expect(posts.length).toBeLessThanOrEqual(longMessages === 'parts' ? MOST_PARTS : 1);
        for (const { text, blocks } of posts) {
          expect(text.length).toBeLessThanOrEqual(NOTIFICATION_LIMIT);
          expect(text).not.toMatch(/<[!@#]/);
          expect(checkBlocks(blocks)).toBeUndefined();
          expect(blocks.length).toBeLessThanOrEqual(BLOCKS_LIMIT);
          expect(sizeOf(blocks)).toBeLessThanOrEqual(BLOCKS_JSON_LIMIT);
          // A header has only plain text, in which Slack looks for nothing.
          const others = blocks.filter(({ type }) => type !== 'header');
          expect(JSON.stringify(others)).not.toMatch(/<[!@#]/);
        }
      }),
    );
  });

  it('takes 40,000 characters of anything in reasonable time', () => {
    for (const unit of ['[', '*a_', '> ', '`', '![](', '- ', '<', '&', '|', '\n', '😀', '**a**b']) {
      const text = unit.repeat(40_000 / unit.length);
      // Half a second on an idle machine; quadratic, it would be minutes.
      expectProcessorMsBelow(5_000, () => void renderForSlack({ text }));
    }
  }, 60_000);
});
