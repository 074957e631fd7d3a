import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CARD_LIMIT_BYTES,
  renderForTeamsWebhook,
} from '../../../src/destinations/teams-webhook/render.js';
import {
  htmlHasMarker,
  MESSAGE_LIMIT_BYTES,
  renderForTeams,
} from '../../../src/destinations/teams/render.js';
import type { Content, Correlation } from '../../../src/domain/message.js';
import { messageToShow } from './messageToShow.js';
import { sanitiseAsTeams } from '../../../src/sandbox/graph/html.js';

const ID = '0b9c1f6e-0000-7000-8000-000000000001.1';

/** The HTML of a message in Teams. */
function teamsHtml(content: Content, correlation?: Correlation): string {
  return renderForTeams(messageToShow(content, correlation), ID).html;
}

/** The body of a request to a webhook. */
function webhookBody(content: Content, correlation?: Correlation): string {
  return renderForTeamsWebhook(messageToShow(content, correlation), ID).body;
}

const html = (text: string): string => teamsHtml({ text });

interface Card {
  id?: string;
  body: { type: string; text?: string; inlines?: { text: string }[]; facts?: object[] }[];
  actions?: object[];
}

function card(content: Content, correlation?: Correlation): Card {
  const { attachments } = JSON.parse(webhookBody(content, correlation)) as {
    attachments: { content: Card }[];
  };
  return attachments[0]?.content ?? { body: [] };
}

describe('a Teams message', () => {
  it('has a heading, the text as HTML, and a link to where it comes from', () => {
    const content: Content = {
      text: 'The **disk** is full.',
      title: 'Disk <full>',
      severity: 'error',
    };
    const correlation = {
      source: 'pagerduty',
      reference: '55',
      url: 'https://example.com/?a=1&b=2',
    };
    expect(teamsHtml(content, correlation)).toBe(
      `<div itemprop="sendproof:${ID}"><h1>❌ Error: Disk &lt;full&gt;</h1>\n` +
        '<p>The <strong>disk</strong> is full.</p>\n' +
        '<p><a href="https://example.com/?a=1&amp;b=2">pagerduty · 55</a></p></div>',
    );
  });

  it.each([
    ['# One\n###### Six', '<h2>One</h2>\n<h3>Six</h3>'],
    ['one\ntwo', '<p>one<br>\ntwo</p>'],
    ['~~gone~~', '<s>gone</s>'],
    ['![a graph](https://example.com/g.png)', '<a href="https://example.com/g.png">a graph</a>'],
    ['![](https://example.com/g.png)', '>https://example.com/g.png</a>'],
    ['https://example.com', '<a href="https://example.com">https://example.com</a>'],
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['<at id="0">Everyone</at>', '&lt;at id=&quot;0&quot;&gt;'],
    ['[x](javascript:alert(1))', '<p>x (javascript:alert(1))</p>'],
    ['[x](data:text/html;base64,AAAA)', '<p>x (data:text/html;base64,AAAA)</p>'],
    ['[x](ms-msdt:/id)', '<p>x (ms-msdt:/id)</p>'],
    ['[x](//host/share)', '<p>x (//host/share)</p>'],
    ['<smb://host/share>', '<p>smb://host/share</p>'],
    ['[x](<java\tscript:alert(1)>)', '<p>x (java%09script:alert(1))</p>'],
    ['[x](&#106;avascript:alert(1))', '<p>x (javascript:alert(1))</p>'],
    ['[call](tel:+49123)', '<a href="tel:+49123">call</a>'],
    ['これは**障害です。**対応中', '<p>これは<strong>障害です。</strong>対応中</p>'],
    ['***a** b*', '<p><strong><em>a</em></strong><em> b</em></p>'],
    [':warning: :party-parrot: 12:30:45', '<p>⚠️ :party-parrot: 12:30:45</p>'],
    ['- a\n\n  ```\n  b\n  ```', '<ul>\n<li>a\n<pre><code>b\n</code></pre></li>\n</ul>'],
    [
      '| a |\n|---|\n| [b](https://e.example) |',
      '<tr><td><a href="https://e.example">b</a></td></tr>',
    ],
    ['```html\n<b>\n```', '&lt;b&gt;'],
    ['שלום 🚨', '<p>שלום 🚨</p>'],
  ])('%j contains %j', (markdown, expected) => {
    expect(html(markdown)).toContain(expected);
  });

  it('keeps its marker through what Teams removes, and is taken for no other delivery', () => {
    const kept = sanitiseAsTeams(html('words'));
    expect(htmlHasMarker(kept, ID)).toBe(true);
    expect(htmlHasMarker(kept, ID.slice(0, -1))).toBe(false);
    expect(htmlHasMarker(kept, `${ID}0`)).toBe(false);
  });

  it('can’t be given another delivery’s marker by its content', () => {
    expect(htmlHasMarker(html('<div itemprop="sendproof:another">'), 'another')).toBe(false);
    expect(htmlHasMarker(html('`itemprop="sendproof:another"`'), 'another')).toBe(false);
  });

  it('leaves the link to its source out where that would take a third of it', () => {
    const url = `https://example.com/?${'&'.repeat(1_900)}`;
    expect(teamsHtml({ text: 'words' }, { url })).not.toContain('example.com');
  });

  it.each([
    ['a word', 'x'.repeat(30_000)],
    ['characters that are escaped', '"'.repeat(10_000)],
    ['characters of three bytes', '障'.repeat(20_000)],
  ])('says that it is shortened where Teams would refuse the whole: %s', (_what, text) => {
    const { html: shown, shortened } = renderForTeams(messageToShow({ text }), ID);
    expect(shortened?.of).toBe(text.length);
    expect(shown).toContain(
      `<p>… shortened: ${shortened?.shown.toLocaleString('en')} of ${text.length.toLocaleString('en')} characters are shown. <a href="https://sendproof.example/messages/pagerduty-55">Show the whole text</a></p>`,
    );
  });
});

describe('an Adaptive Card', () => {
  it('has a heading, the text, the facts and a button', () => {
    expect(
      card(
        { text: 'The **disk** is full.', title: 'Disk *full*', severity: 'warning' },
        { source: 'pagerduty', reference: '55', url: 'https://example.com/55' },
      ),
    ).toMatchObject({
      id: ID,
      type: 'AdaptiveCard',
      body: [
        {
          type: 'RichTextBlock',
          inlines: [{ text: '⚠️ Warning: Disk *full*', weight: 'Bolder', size: 'Large' }],
        },
        {
          type: 'RichTextBlock',
          inlines: [{ text: 'The ' }, { text: 'disk', weight: 'Bolder' }, { text: ' is full.' }],
        },
        {
          type: 'FactSet',
          facts: [
            { title: 'Source', value: 'pagerduty' },
            { title: 'Reference', value: '55' },
          ],
        },
      ],
      actions: [{ type: 'Action.OpenUrl', url: 'https://example.com/55' }],
    });
  });

  it('has a heading that screen readers know, where its words mean nothing in Markdown', () => {
    expect(card({ text: '# Disk full: db-1' }).body).toEqual([
      {
        type: 'TextBlock',
        text: 'Disk full: db-1',
        style: 'heading',
        weight: 'Bolder',
        size: 'Medium',
        wrap: true,
      },
    ]);
    expect(card({ text: '# kube_pod' }).body).toMatchObject([
      { type: 'RichTextBlock', inlines: [{ text: 'kube_pod', weight: 'Bolder' }] },
    ]);
  });

  it('has elements for what its Markdown doesn’t know', () => {
    const text =
      '- one\n  - ~~two~~\n\n> quote\n\n```\ncode\n  more\n```\n\n---\n\n| a | b |\n|---|---|\n| [c](https://e.example) | d |';
    expect(card({ text }).body).toMatchObject([
      { inlines: [{ text: '• ' }, { text: 'one' }] },
      { inlines: [{ text: '\u00A0\u00A0\u00A0\u00A0◦ ' }, { text: 'two', strikethrough: true }] },
      { type: 'Container', style: 'emphasis', items: [{ inlines: [{ text: 'quote' }] }] },
      { inlines: [{ text: 'code\n  more', fontType: 'Monospace' }] },
      { inlines: [{ text: '──────────' }] },
      { inlines: [{ text: 'a | b', fontType: 'Monospace' }] },
      {
        spacing: 'None',
        inlines: [
          { text: 'c', selectAction: { type: 'Action.OpenUrl', url: 'https://e.example' } },
          { text: ' | d' },
        ],
      },
    ]);
  });

  it('keeps what a card would replace by a date', () => {
    const [element] = card({ text: '{{DATE(2017-02-14T06:00:00Z, SHORT)}}' }).body;
    expect(element?.inlines?.[0]?.text).toBe('{\u200B{DATE(2017-02-14T06:00:00Z, SHORT)}}');
  });

  it('has facts whose words could be Markdown as text', () => {
    const { body } = card(
      { text: 'words' },
      { source: '*prod*', reference: '[x](https://e.example)' },
    );
    expect(body.slice(1)).toMatchObject([
      { type: 'RichTextBlock', inlines: [{ text: 'Source: ' }, { text: '*prod*' }] },
      { inlines: [{ text: 'Reference: ' }, { text: '[x](https://e.example)' }] },
    ]);
  });

  it.each(['ms-msdt:/id', 'javascript:alert(1)', '//host/path'])('has no button to %s', (url) => {
    const { body, actions } = card({ text: 'words' }, { url });
    expect(actions).toBeUndefined();
    expect(JSON.stringify(body)).toContain(url);
    expect(teamsHtml({ text: 'words' }, { url })).toContain(`<p>${url}</p>`);
  });

  it('has neither facts nor button without a correlation', () => {
    expect(card({ text: 'words' }).body).toEqual([
      { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'words' }] },
    ]);
    expect(card({ text: 'words' }).actions).toBeUndefined();
  });

  it('says that it is shortened where Teams would refuse the whole', () => {
    const { body, shortened } = renderForTeamsWebhook(
      messageToShow({ text: 'x'.repeat(30_000) }, undefined, {
        page: { deduplicationKey: 'a b', url: undefined },
      }),
      ID,
    );
    expect(shortened?.of).toBe(30_000);
    expect(shortened?.shown).toBeGreaterThan(26_000);
    expect(body).toContain('"The whole text is on the page of the message ');
    expect(body).not.toContain('Show the whole');
  });
});

describe('whatever the content', () => {
  const content = fc.record<Content>(
    {
      text: fc
        .array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 300 }),
            fc.constantFrom(
              '\n\n',
              '```\n',
              '**',
              '> ',
              '- ',
              '# ',
              '<b>',
              '"',
              '&',
              '| a |\n|---|\n',
            ),
            fc.integer({ min: 1, max: 15_000 }).map((length) => 'y'.repeat(length)),
          ),
          { minLength: 1, maxLength: 20 },
        )
        .map((pieces) => pieces.join('').slice(0, 40_000)),
      title: fc.string({ unit: 'binary', minLength: 1, maxLength: 1_000 }),
      severity: fc.constantFrom('critical', 'error', 'warning', 'info', 'ok'),
    },
    { requiredKeys: ['text'] },
  );
  const correlation = fc.record<Correlation>(
    {
      source: fc.string({ unit: 'binary', minLength: 1, maxLength: 127 }),
      url: fc.webUrl({ withQueryParameters: true }),
    },
    { requiredKeys: [] },
  );

  it('Teams is sent no more than it takes, and no HTML but ours', () => {
    fc.assert(
      fc.property(content, correlation, (wanted, from) => {
        const rendered = teamsHtml(wanted, from);
        const request = JSON.stringify({ body: { contentType: 'html', content: rendered } });
        expect(Buffer.byteLength(request)).toBeLessThanOrEqual(MESSAGE_LIMIT_BYTES);
        expect(rendered).not.toMatch(
          /<(?!\/?(?:div|h[1-3]|p|br|hr|a|strong|em|s|code|pre|ul|ol|li|blockquote|table|thead|tbody|tr|th|td)\b)/,
        );
      }),
    );
  });

  it('a webhook is sent no more than it takes', () => {
    fc.assert(
      fc.property(content, correlation, (wanted, from) => {
        const request = webhookBody(wanted, from);
        expect(Buffer.byteLength(request)).toBeLessThanOrEqual(CARD_LIMIT_BYTES);
      }),
    );
  });
});
