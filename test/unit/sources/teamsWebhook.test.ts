import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlToMarkdown } from '../../../src/sources/html.js';
import { parseTeamsPayload } from '../../../src/sources/teams-webhook/parse.js';
import { teamsWebhook } from '../../../src/sources/teams-webhook/source.js';
import { wordsOf } from '../../../src/templates/richText.js';
import { expectProcessorMsBelow } from '../../processorTime.js';
import { describeSourceContract } from './contract.js';

describeSourceContract({
  type: teamsWebhook,
  settings: (token) => ({ token }),
  authenticate: (sample, token) => ({ ...sample, token }),
  signsBody: false,
  senderWaitsMs: 10_000,
  acceptedStatus: 200,
  knowsNoIdentity: true,
});

it.each(Object.entries(teamsWebhook.samples))(
  'a %s becomes title, text and link',
  (_, { body }) => {
    const event = parseTeamsPayload(JSON.parse(body) as Record<string, unknown>, 'k');
    expect(event).toMatchObject({
      title: 'Disk full on db-3',
      url: 'https://example.com/dashboards/db-3',
    });
    expect(event.text).toMatch(/\*\*Used:?\*\* 97 %/);
  },
);

it.each([
  [{ text: 'just **text**' }, 'just text'],
  [{ '@type': 'MessageCard', summary: 'only a summary' }, 'only a summary'],
  [{ type: 'AdaptiveCard', body: [{ type: 'TextBlock', text: 'bare' }] }, 'bare'],
  [{ sections: [{ activityTitle: 'first<br>second', text: '<b>x</b>' }] }, 'first'],
])('%j is shown', (payload, title) => {
  expect(parseTeamsPayload(payload, 'k').title).toContain(title);
});

/** What these tools send, by their documentation and their source. */
it.each([
  [
    'Alertmanager (msteams_configs)',
    {
      '@context': 'http://schema.org/extensions',
      type: 'MessageCard',
      title: '[FIRING:1] DiskFull',
      summary: '[FIRING:1] DiskFull',
      text: '# Alerts Firing:\n\nLabels:\n - instance = db-3\n',
      themeColor: '8C1A1A',
    },
    { title: '[FIRING:1] DiskFull', severity: 'critical' },
    'instance = db-3',
  ],
  [
    'Alertmanager (msteamsv2_configs)',
    {
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            body: [
              {
                type: 'TextBlock',
                text: '[RESOLVED] DiskFull',
                weight: 'Bolder',
                size: 'Medium',
                style: 'heading',
                color: 'good',
              },
              { type: 'TextBlock', text: 'instance = db-3', wrap: true },
            ],
            msteams: { width: 'full' },
          },
        },
      ],
    },
    { title: '[RESOLVED] DiskFull', severity: 'ok' },
    'instance = db-3',
  ],
  [
    'Jenkins',
    {
      '@type': 'MessageCard',
      '@context': 'https://schema.org/extensions',
      summary: 'shop: Build #55 Failed',
      themeColor: 'ff0000',
      sections: [
        {
          markdown: true,
          activityTitle: 'Notification from shop',
          activitySubtitle: 'Latest status of build #55',
          facts: [{ name: 'Status', value: 'Build Failed' }],
        },
      ],
      potentialAction: [
        {
          '@type': 'OpenUri',
          name: 'View Build',
          targets: [{ os: 'default', uri: 'https://example.com/job/55' }],
        },
      ],
    },
    {
      title: 'shop: Build #55 Failed',
      severity: 'critical',
      url: 'https://example.com/job/55',
    },
    'Build Failed',
  ],
])('%s is shown', (_, payload, expected, text) => {
  const event = parseTeamsPayload(payload, 'k');
  expect(event).toMatchObject(expected);
  expect(event.text).toContain(text);
});

it('of any JSON is an event, or unusable', () => {
  const field = fc.jsonValue();
  fc.assert(
    fc.property(
      fc.record({
        text: field,
        title: field,
        sections: field,
        attachments: field,
        potentialAction: field,
        themeColor: field,
      }),
      (payload) => {
        try {
          expect(parseTeamsPayload(payload, 'k').title).not.toBe('');
        } catch (error) {
          expect((error as Error).name).toBe('Unusable');
        }
      },
    ),
  );
});

it('shows the text of a message beside its cards', () => {
  const body = [{ type: 'TextBlock', text: 'Disk full', size: 'Large' }];
  const payload = {
    type: 'message',
    text: 'Look at this',
    attachments: [{ content: { type: 'AdaptiveCard', body } }],
  };
  expect(parseTeamsPayload(payload, 'k')).toMatchObject({
    title: 'Disk full',
    text: 'Look at this\n\nDisk full',
  });
});

it.each([
  ['CodeBlock', { type: 'CodeBlock', codeSnippet: 'df -h\n97 %' }, '```\ndf -h\n97 %\n```'],
  ['Badge', { type: 'Badge', text: 'P1' }, 'P1'],
  [
    'Carousel',
    {
      type: 'Carousel',
      pages: [{ type: 'CarouselPage', items: [{ type: 'TextBlock', text: 'inside' }] }],
    },
    'inside',
  ],
  [
    'ImageSet',
    {
      type: 'ImageSet',
      images: [{ type: 'Image', url: 'https://example.com/a.png', altText: 'Graph' }],
    },
    '[Graph](<https://example.com/a.png>)',
  ],
])('shows the element %s of an Adaptive Card', (_, element, expected) => {
  const card = { type: 'AdaptiveCard', body: [{ type: 'TextBlock', text: 'Disk full' }, element] };
  expect(parseTeamsPayload(card, 'k').text).toContain(expected);
});

it.each([
  ['hero', 'application/vnd.microsoft.card.hero'],
  ['connector', 'application/vnd.microsoft.teams.card.o365connector'],
])('shows a %s card in a message', (_, contentType) => {
  const content = { title: 'Disk full', text: 'on <b>db-3</b>' };
  const payload = { type: 'message', attachments: [{ contentType, content }] };
  expect(parseTeamsPayload(payload, 'k')).toMatchObject({
    title: 'Disk full',
    text: '**Disk full**\n\non **db-3**',
  });
});

it.each<[string, Record<string, unknown>, string]>([
  [
    'buttons that need an answer',
    {
      text: 'Disk full',
      potentialAction: [
        { '@type': 'ActionCard', name: 'Comment' },
        { '@type': 'OpenUri', name: 'Open', targets: [{ uri: 'https://example.com/' }] },
      ],
    },
    'Disk full\n\n[Open](<https://example.com/>)',
  ],
  [
    'a table, a list and an image in HTML',
    {
      text: '<ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr></table>',
      sections: [{ heroImage: { image: 'https://example.com/h.png', title: 'Graph' } }],
    },
    '- one\n- two\na b\n\n[Graph](<https://example.com/h.png>)',
  ],
  [
    'what a button unfolds',
    {
      type: 'AdaptiveCard',
      body: [{ type: 'TextBlock', text: 'Disk full' }],
      actions: [
        {
          type: 'Action.ShowCard',
          title: 'More',
          card: { type: 'AdaptiveCard', body: [{ type: 'TextBlock', text: '97 % of /var' }] },
        },
        { type: 'Action.Submit', title: 'Acknowledge' },
      ],
    },
    'Disk full\n\n97 % of /var',
  ],
])('shows of %s what can be read', (_, payload, expected) => {
  expect(parseTeamsPayload(payload, 'k').text).toBe(expected);
});

it('has a title without markup', () => {
  const payload = { title: 'Build &amp; test <b>failed</b>: a &lt; b', text: 'x' };
  expect(parseTeamsPayload(payload, 'k').title).toBe('Build & test failed: a < b');
});

it.each([
  ['[Disk full](https://x/1) on db-3', 'Disk full on db-3'],
  ['[Disk full](https://x/1 "More of it") on db-3', 'Disk full on db-3'],
  ['[Disk full](https://x/a_(b)) on db-3', 'Disk full on db-3'],
  ['[Disk full](<https://x/a (b>) on db-3', 'Disk full on db-3'],
  [String.raw`[\[FIRING\] Disk full](https://x/1)`, '[FIRING] Disk full'],
  [String.raw`\[FIRING\] [Disk full](https://x/1)`, '[FIRING] Disk full'],
  ['[FIRING] [Disk full](https://x/1)', '[FIRING] Disk full'],
  ['Disks [a] (of b) are full', 'Disks [a] (of b) are full'],
])('of the links in the title %s shows the words', (title, expected) => {
  expect(parseTeamsPayload({ title, text: 'x' }, 'k').title).toBe(expected);
});

const textOf = (payload: Record<string, unknown>): string => parseTeamsPayload(payload, 'k').text;
const cardWith = (...body: unknown[]) => textOf({ type: 'AdaptiveCard', body });

describe('HTML in a MessageCard', () => {
  it.each([
    [`<a href='https://x/1'>build</a>`, '[build](<https://x/1>)'],
    ['<a href=https://x/2>build</a>', '[build](<https://x/2>)'],
    ['<a href=https://x/?a=b/>build</a>', '[build](<https://x/?a=b/>)'],
    ['<a href="https://x/1"><span>build</span></a>', '[build](<https://x/1>)'],
    ['<a title="a > b" href="https://x/1">build</a>', '[build](<https://x/1>)'],
    ['<a href="https://x/1"><b>build</b> 5</a>', '[**build** 5](<https://x/1>)'],
    ['<b>see <a href="https://x/1">build</a></b>', '**see** [**build**](<https://x/1>)'],
    ['<a href="https://x/?a=1&amp;b=2">build</a>', '[build](<https://x/?a=1&b=2>)'],
    ['<a href="https://x/1"></a>', String.raw`[https\:\/\/x\/1](<https://x/1>)`],
    ['<a href="https://x/1"><img src="https://x/i.png" alt="Graph"></a>', '[Graph](<https://x/1>)'],
    ['<img alt="Graph" src="https://x/i.png"/>', '[Graph](<https://x/i.png>)'],
    ['<a href="javascript:alert(1)">build</a>', String.raw`build (javascript\:alert\(1\))`],
    ['<a href="#top">build</a>', 'build'],
    ['<a href="mailto:a@b.de">write</a>', '[write](<mailto:a@b.de>)'],
    ['<b>Status: </b>failed', '**Status:** failed'],
    ['<b>Impact:</b>writes', '**Impact:\u200B**writes'],
    ['<strong>Impact:&nbsp;</strong>writes', '**Impact:**\u00A0writes'],
    ['<strong style="color:red">Failed</strong> x', '**Failed** x'],
    ['<em class="a">one</em> <del>two</del>', '*one* ~~two~~'],
    ['<b>one<br>two</b>', '**one**\n**two**'],
    ['<b><i>both</b> none</i>', '***both*** *none*'],
    ['a <b></b> b', 'a  b'],
    ['`List<String>` and <https://x/1>', '`List<String>` and <https://x/1>'],
    ['<p>one</p><ul><li><b>two</b></li></ul>', 'one\n- **two**'],
  ])('%s becomes %s', (text, expected) => {
    expect(textOf({ text })).toBe(expected);
  });

  it('loses no word and no address, however tags are nested', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,6}[:.)]?$/);
    const address = fc.stringMatching(/^https:\/\/[a-z]{1,8}\.example\/[a-z0-9]{1,8}$/);
    const quote = fc.constantFrom('"', "'", '');
    const { html } = fc.letrec<{ html: string }>((tie) => ({
      html: fc.oneof(
        { maxDepth: 4 },
        word,
        fc
          .tuple(fc.constantFrom('b', 'strong', 'em', 'span', 'p'), fc.array(tie('html')))
          .map(([tag, inner]) => `<${tag} class="c">${inner.join('')}</${tag}>`),
        fc
          .tuple(quote, address, word)
          .map(([mark, url, label]) => `<a href=${mark}${url}${mark}><b>${label}</b></a>`),
      ),
    }));
    fc.assert(
      fc.property(html, (text) => {
        const shown = wordsOf(htmlToMarkdown(text) ?? '').replaceAll('\u200B', '');
        const words = text.replaceAll(/<[^<>]*>/g, '');
        expect(shown.replaceAll(/\s/g, '')).toBe(words);
        for (const [url] of text.matchAll(/https:[a-z0-9./]+/g)) {
          expect(htmlToMarkdown(text)).toContain(`](<${url}>)`);
        }
      }),
    );
  });

  it('is read in a time that grows with its length', () => {
    for (const hostile of [
      '<b>'.repeat(100_000),
      '<a "'.repeat(100_000),
      `<a href="'`.repeat(50_000),
      `<a ${' '.repeat(300_000)}`,
      `<a href${' '.repeat(300_000)}>`,
      '`'.repeat(300_000),
      '<a href=x>y'.repeat(30_000),
    ]) {
      expectProcessorMsBelow(1_000, () => htmlToMarkdown(hostile));
    }
  });
});

it.each([
  [{ name: 'Status: ', value: 'x' }, '**Status:** x'],
  [{ name: '', value: 'v' }, 'v'],
  [{ name: 'Status', value: '' }, '**Status**'],
])('shows the fact %j', ({ name, value }, expected) => {
  expect(textOf({ text: '.', sections: [{ facts: [{ name, value }] }] })).toBe(`.\n\n${expected}`);
  expect(cardWith({ type: 'FactSet', facts: [{ title: name, value }] })).toBe(expected);
});

it('shows both titles of a section, and the same one once', () => {
  const section = (title: string, activityTitle: string) =>
    textOf({ sections: [{ title, activityTitle }] });
  expect(section('Build', 'Ana')).toBe('**Build**\n\n**Ana**');
  expect(section('Build', 'Build')).toBe('**Build**');
});

describe('an address in a card', () => {
  const selectAction = { type: 'Action.OpenUrl', title: 'Log', url: 'https://x/1' };
  const block = { type: 'TextBlock', text: 'Disk full' };

  it.each<[string, unknown, string]>([
    [
      'a run of text',
      { type: 'RichTextBlock', inlines: ['see ', { type: 'TextRun', text: 'log', selectAction }] },
      'see [log](<https://x/1>)',
    ],
    [
      'a container',
      { type: 'Container', items: [block], selectAction },
      'Disk full\n\n[Log](<https://x/1>)',
    ],
    [
      'a set of columns, and a column',
      {
        type: 'ColumnSet',
        selectAction,
        columns: [{ items: [block], selectAction: { url: 'https://x/2' } }],
      },
      'Disk full\n\n[Open](<https://x/2>)\n\n[Log](<https://x/1>)',
    ],
    [
      'an image',
      { type: 'Image', url: 'https://x/i.png', altText: 'Graph', selectAction },
      '[Graph](<https://x/i.png>)\n\n[Log](<https://x/1>)',
    ],
    [
      'a video',
      { type: 'Media', altText: 'Demo', sources: [{ url: 'https://x/v.mp4' }] },
      '[Demo](<https://x/v.mp4>)',
    ],
    ['an image within its address', { type: 'Image', url: 'data:image/png;base64,AA' }, 'Image'],
  ])('of %s is shown', (_, element, expected) => {
    expect(cardWith(element)).toBe(expected);
  });

  it('of the card itself is shown, and is the event’s where no button has one', () => {
    const card = { type: 'AdaptiveCard', body: [block], actions: [{ type: 'Action.Submit' }] };
    expect(parseTeamsPayload({ ...card, selectAction }, 'k')).toMatchObject({
      text: 'Disk full\n\n[Log](<https://x/1>)',
      url: 'https://x/1',
    });
  });

  it('of a button within an ActionCard is shown', () => {
    const open = { '@type': 'OpenUri', name: 'Log', targets: [{ uri: 'https://x/1' }] };
    const potentialAction = [{ '@type': 'ActionCard', name: 'More', actions: [open] }];
    expect(textOf({ text: '.', potentialAction })).toBe('.\n\n[Log](<https://x/1>)');
  });

  it('of a button that writes or calls is shown', () => {
    const actions = [
      { type: 'Action.OpenUrl', title: 'Write', url: 'mailto:a@b.de' },
      { type: 'Action.OpenUrl', title: 'Call', url: 'tel:+491234' },
      { type: 'Action.OpenUrl', title: 'Run', url: 'ms-msdt:/id' },
    ];
    expect(textOf({ type: 'AdaptiveCard', body: [block], actions })).toContain(
      String.raw`[Write](<mailto:a@b.de>) · [Call](<tel:+491234>) · Run (ms\-msdt\:\/id)`,
    );
  });

  it('of a hero card’s image and button is shown', () => {
    const content = {
      title: 'Disk full',
      subtitle: 'db-3',
      images: [{ url: 'https://x/i.png' }],
      buttons: [{ type: 'openUrl', title: 'Log', value: 'https://x/1' }],
    };
    expect(textOf({ type: 'message', attachments: [{ content }] })).toBe(
      '**Disk full**\n\ndb-3\n\n[Image](<https://x/i.png>) · [Log](<https://x/1>)',
    );
  });
});

it('shows the styles of rich text', () => {
  const inlines = [
    { type: 'TextRun', text: 'Status:', weight: 'Bolder' },
    { type: 'TextRun', text: 'failed', italic: true },
  ];
  expect(cardWith({ type: 'RichTextBlock', inlines })).toBe('**Status\\:\u200B**\u200B*failed*');
});
