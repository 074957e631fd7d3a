import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markdownToMrkdwn } from '../../../src/destinations/slack/mrkdwn.js';
import {
  BLOCKS_LIMIT,
  BLOCKS_TEXT_LIMIT,
  checkSlackContent,
  HEADER_LIMIT,
  renderForSlack,
  SECTION_LIMIT,
  sections,
  TEXT_LIMIT,
} from '../../../src/destinations/slack/render.js';
import type { Content, Correlation } from '../../../src/domain/message.js';

/** The whole of the message, as one string. */
function mrkdwn(text: string): string {
  return sections(markdownToMrkdwn(text)).join('\n\n');
}

/** What no cut may lose: all but white space, and the fences that a cut adds. */
function essence(text: string): string {
  return text.replace(/```|\s/g, '');
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
    ['[![badge](https://a.example/b)](https://c.example)', '<https://c.example|badge>'],
    ['[here](/relative)', 'here (/relative)'],
    ['README.md and example.com', 'README.md and example.com'],
    ['| a | b |\n|---|---|\n| 1 | 22 |', '```\na | b\n1 | 22\n```'],
    ['| name | n |\n|---|---|\n| ä | 1 |', '```\nname | n\nä    | 1\n```'],
    ['<b>html</b> & more', '&lt;b&gt;html&lt;/b&gt; &amp; more'],
    ['**unbalanced', '**unbalanced'],
    ['[unbalanced](', '[unbalanced]('],
    ['```\nnever closed', '```\nnever closed\n```'],
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
    const everything = JSON.stringify(renderForSlack(content, correlation));
    // A header is plain text, in which Slack looks for nothing.
    expect(everything.replace(JSON.stringify(`✅ OK: ${markdown}`), '')).not.toMatch(/<[!@#]/);
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
        { type: 'section', text: { type: 'mrkdwn', text: 'The *disk* is full.', verbatim: true } },
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
    const [first] = renderForSlack({ ...content, title, severity: 'ok' }).blocks ?? [];
    expect(first).toMatchObject({ type: 'section', text: { text: `*✅ OK: ${title}*` } });
  });

  it('is one long text where Slack would refuse so much in blocks', () => {
    const rendering = renderForSlack({ text: 'word '.repeat(6_000).trim(), title: 'Long' });
    expect(rendering.blocks).toBeUndefined();
    expect(rendering.text).toMatch(/^\*Long\*\n\nword word/);
    expect(rendering.text.length).toBeGreaterThan(29_000);
  });

  it('is refused beforehand where Slack would cut it', () => {
    expect(checkSlackContent({ text: 'x'.repeat(37_000) })).toBeUndefined();
    expect(checkSlackContent({ text: '&'.repeat(40_000) })).toContain('shorten it');
    expect(checkSlackContent({ text: '[unused]: https://example.com' })).toContain(
      'nothing to show',
    );
  });
});

describe('splitting for sections', () => {
  const text = (value: string) => [{ kind: 'text' as const, text: value }];

  it('packs blocks together while they fit', () => {
    expect(sections(markdownToMrkdwn('one\n\ntwo\n\nthree'))).toEqual(['one\n\ntwo\n\nthree']);
  });

  it('cuts between blocks first, then between lines, then between words', () => {
    const block = 'x'.repeat(2_000);
    expect(sections([...text(block), ...text(block)])).toEqual([block, block]);
    expect(sections(text(`${block}\n${block}`))).toEqual([block, block]);
    expect(sections(text(`${block} ${block}`))).toEqual([block, block]);
  });

  it('fences code on both sides of a cut', () => {
    const code = Array.from({ length: 200 }, (_, line) => `line ${line} ${'.'.repeat(30)}`);
    const split = sections([{ kind: 'code', text: code.join('\n') }]);
    expect(split.length).toBeGreaterThan(1);
    for (const section of split) expect(section).toMatch(/^```\n.*\n```$/s);
    expect(split.map((section) => section.slice(4, -4)).join('\n')).toBe(code.join('\n'));
  });

  it.each([
    ['an emoji', '😀'],
    ['a family', '👨‍👩‍👧‍👦'],
    ['a flag', '🇫🇷'],
    ['a skin tone', '👍🏽'],
    ['a letter with marks', 'e\u0301\u0323'],
    ['an escaped character', '&amp;'],
    ['a link', '<https://example.com/a|label>'],
  ])('never cuts through %s', (_what, unit) => {
    for (let before = 0; before < unit.length; before += 1) {
      const whole = 'x'.repeat(before) + unit.repeat(Math.ceil(7_000 / unit.length));
      for (const section of sections(text(whole))) {
        expect(section.replaceAll(unit, '').replaceAll('x', '')).toBe('');
      }
    }
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

describe('whatever the content', () => {
  it('loses nothing in splitting, and never exceeds a section', () => {
    fc.assert(
      fc.property(nastyText, (markdown) => {
        const parts = markdownToMrkdwn(markdown);
        const split = sections(parts);
        expect(essence(split.join(''))).toBe(essence(parts.map((part) => part.text).join('')));
        for (const section of split) expect(section.length).toBeLessThanOrEqual(SECTION_LIMIT);
      }),
    );
  });

  it('stays within Slack’s limits, and mentions nobody', () => {
    const content = fc.record<Content>(
      {
        text: nastyText,
        title: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 75 }),
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
      fc.property(content, correlation, (wanted, from) => {
        const refused = checkSlackContent(wanted) !== undefined;
        const { text, blocks } = renderForSlack(wanted, from);
        if (!refused) expect(text.length).toBeLessThanOrEqual(TEXT_LIMIT);
        expect(text).not.toMatch(/<[!@#]/);
        if (!blocks) return;
        expect(blocks.length).toBeLessThanOrEqual(BLOCKS_LIMIT);
        expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(BLOCKS_TEXT_LIMIT + BLOCKS_LIMIT);
        for (const block of blocks) {
          if (block.type === 'header') {
            expect(block.text.text.length).toBeLessThanOrEqual(HEADER_LIMIT);
          } else {
            expect(JSON.stringify(block)).not.toMatch(/<[!@#]/);
          }
        }
      }),
    );
  });

  it('takes 40,000 characters of anything in reasonable time', () => {
    for (const unit of ['[', '*a_', '> ', '`', '![](', '- ', '<', '&', '|', '\n', '😀', '**a**b']) {
      const started = performance.now();
      renderForSlack({ text: unit.repeat(40_000 / unit.length) });
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });
});
