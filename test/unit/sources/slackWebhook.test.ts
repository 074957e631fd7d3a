import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { documentToMrkdwn } from '../../../src/destinations/slack/render.js';
import { mrkdwnToMarkdown } from '../../../src/sources/slack-webhook/mrkdwn.js';
import { sendable } from '../../../src/sources/slack-webhook/mentions.js';
import { parseWebhook } from '../../../src/sources/slack-webhook/parse.js';
import { slackWebhook } from '../../../src/sources/slack-webhook/source.js';
import { describeSourceContract } from './contract.js';
import { requestOf } from './parsed.js';
import { expectProcessorMsBelow } from '../../processorTime.js';

describeSourceContract({
  type: slackWebhook,
  settings: (token) => ({ token }),
  authenticate: (sample, token) => ({ ...sample, token }),
  signsBody: false,
  senderWaitsMs: 10_000,
  acceptedStatus: 200,
  knowsNoIdentity: true,
});

const MENTIONS = { key: 'k', mayMention: false };

/** As Slack shows what is parsed from Slack's own markup. */
const throughMarkdown = (mrkdwn: string): string =>
  documentToMrkdwn(parseDocument(mrkdwnToMarkdown(mrkdwn)));

describe('Slack’s markup', () => {
  it.each([
    ['*bold*, _italic_ and ~struck~', '*bold*, _italic_ and ~struck~'],
    ['`code` &amp; more', '`code` &amp; more'],
    [
      '<https://example.com/a?b=1&amp;c=2|the page>',
      '<https://example.com/a?b=1&amp;c=2|the page>',
    ],
    ['5 * 3 * 2 and snake_case_name', '5 * 3 * 2 and snake_case_name'],
    ['&lt;b&gt; # 1. [x](y)', '&lt;b&gt; # 1. [x](y)'],
    ['first\nsecond', 'first\nsecond'],
    ['**as in Markdown**', '*as in Markdown*'],
  ])('%s is the same after it was Markdown', (mrkdwn, shown) => {
    expect(throughMarkdown(mrkdwn)).toBe(shown);
  });

  it.each(['*a:*_b_', '*a _b_*', '_*a*_', '_a *b*_', '*a:*`c`', '*a*~b~'])(
    'keeps the styles of %s',
    (mrkdwn) => {
      expect(throughMarkdown(mrkdwn).replaceAll('\u200B', '')).toBe(mrkdwn);
    },
  );

  it('names whom it would have notified', () => {
    expect(throughMarkdown('<!here> <@U123|ana> <#C1|ops>')).toBe('@here @ana #ops');
  });

  it('loses no word', () => {
    const word = fc.stringMatching(/^[a-zäß日0-9]{1,8}$/);
    const marked = fc
      .tuple(fc.constantFrom('', '*', '_', '~', '`', '```'), word)
      .map(([mark, text]) => `${mark}${text}${mark}`);
    fc.assert(
      fc.property(fc.array(marked, { minLength: 1, maxLength: 12 }), (words) => {
        const shown = throughMarkdown(words.join(' '));
        for (const each of words) expect(shown).toContain(each.replaceAll(/[*_~`]/g, ''));
      }),
    );
  });

  it('is read in a time that grows with its length', () => {
    for (const hostile of [
      '*a '.repeat(50_000),
      '<'.repeat(100_000),
      '`'.repeat(99_999),
      '_'.repeat(100_000),
    ]) {
      expectProcessorMsBelow(1_000, () => mrkdwnToMarkdown(hostile));
    }
  });
});

/** What these tools send, by their documentation and their source. */
const FROM_TOOLS: [string, { body: string; type?: string; expected: object; text: string }][] = [
  [
    'Alertmanager (slack_configs)',
    {
      body: JSON.stringify({
        channel: '#ops',
        username: 'Alertmanager',
        attachments: [
          {
            title: '[FIRING:1] DiskFull (db-3 &amp; db-4)',
            title_link: 'https://alertmanager.example.com/#/alerts?receiver=slack',
            text: '',
            fallback: '[FIRING:1] DiskFull | https://alertmanager.example.com/',
            callback_id: '',
            footer: '',
            color: 'danger',
            mrkdwn_in: ['fallback', 'pretext', 'text'],
          },
        ],
      }),
      expected: {
        title: '[FIRING:1] DiskFull (db-3 & db-4)',
        severity: 'critical',
        url: 'https://alertmanager.example.com/#/alerts?receiver=slack',
        labels: { channel: '#ops', username: 'Alertmanager', color: 'danger' },
      },
      text: 'DiskFull',
    },
  ],
  [
    'Alertmanager, resolved, with actions and fields',
    {
      body: JSON.stringify({
        attachments: [
          {
            title: '[RESOLVED] DiskFull',
            text: 'all is *well*',
            color: 'good',
            fields: [{ title: 'Severity', value: 'page', short: true }],
            actions: [{ type: 'button', text: 'Runbook', url: 'https://example.com/r', style: '' }],
            mrkdwn_in: ['text'],
          },
        ],
      }),
      expected: { title: '[RESOLVED] DiskFull', severity: 'ok' },
      text: '[Runbook](<https://example.com/r>)',
    },
  ],
  [
    'a GitHub Action (slackapi/slack-github-action)',
    {
      body: JSON.stringify({
        text: 'GitHub Action build result: failure',
        thread_ts: '1763971200.000100',
        unfurl_links: false,
        blocks: [
          {
            type: 'section',
            text: { type: 'mrkdwn', text: 'Build: *failure*\nhttps://example.com/1' },
          },
        ],
      }),
      expected: {
        title: 'GitHub Action build result: failure',
        labels: { thread_ts: '1763971200.000100' },
      },
      text: 'Build: **failure**',
    },
  ],
  [
    'Jenkins and GitLab, as a form',
    {
      body: new URLSearchParams({
        payload: JSON.stringify({
          channel: '#ci',
          attachments: [
            {
              fallback: 'shop - #55 Failure',
              text: 'shop - #55 Failure after 2 min (<https://example.com/job/55|Open>)',
              color: 'danger',
              mrkdwn_in: ['pretext', 'text', 'fields'],
            },
          ],
        }),
      }).toString(),
      type: 'application/x-www-form-urlencoded; charset=utf-8',
      expected: { title: 'shop - #55 Failure', severity: 'critical' },
      text: '[Open](<https://example.com/job/55>)',
    },
  ],
  [
    'Grafana',
    {
      body: JSON.stringify({
        text: '',
        attachments: [
          {
            color: '#D63232',
            title: '[FIRING:1] Latency',
            title_link: 'https://grafana.example.com/alerting/list',
            text: '**Firing**\n\nValue: B=55',
            fallback: '[FIRING:1] Latency',
            footer: 'Grafana v11',
            ts: 1763971200,
          },
        ],
      }),
      expected: { title: '[FIRING:1] Latency', severity: 'critical' },
      text: '**Firing**\n\nValue: B=55',
    },
  ],
  [
    'curl without a content type',
    {
      body: '{"text": "The *backup* is done."}',
      type: 'application/x-www-form-urlencoded',
      expected: { title: 'The backup is done.' },
      text: 'The **backup** is done',
    },
  ],
  [
    'a tool that switches markup off',
    {
      body: JSON.stringify({ text: '5 * 3 * 2 &lt; *31*', mrkdwn: false }),
      expected: { title: '5 * 3 * 2 < *31*', native: undefined },
      text: '5 * 3 * 2 < *31*',
    },
  ],
];

describe('what tools send to an incoming webhook', () => {
  const source = slackWebhook.create(slackWebhook.schema.parse({ type: 'slack-webhook' }), 'ci');

  it.each(FROM_TOOLS)('%s', (_, { body, expected, text, type = 'application/json' }) => {
    const [event] = source.parse(requestOf({ headers: { 'Content-Type': type }, body }));
    expect(event).toMatchObject(expected);
    expect(event?.text.replaceAll('\\', '')).toContain(text);
  });

  it.each([
    ['#36a64f', 'ok'],
    ['2EB886', 'ok'],
    ['#E01E5A', 'critical'],
    ['#8c1a1a', 'critical'],
    ['#f00', 'critical'],
    ['#DAA038', 'warning'],
    ['#ffff00', 'warning'],
    ['#439FE0', undefined],
    ['#cccccc', undefined],
    ['#12345', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('the colour %s means %s', (color, severity) => {
    const event = parseWebhook({ attachments: [{ color, text: 'x' }] }, MENTIONS);
    expect(event.severity).toBe(severity);
  });

  it('is posted as others render it where it is too large to keep', () => {
    const blocks = Array.from({ length: 40 }, () => ({
      type: 'section',
      text: { type: 'mrkdwn', text: 'x'.repeat(2_900) },
    }));
    const { native, text } = parseWebhook({ blocks }, MENTIONS);
    expect(native).toBeUndefined();
    expect(text.length).toBeGreaterThan(100_000);
    const small = parseWebhook({ blocks: blocks.slice(0, 5) }, MENTIONS);
    expect(small.native?.slack?.blocks).toHaveLength(5);
  });
});

describe('the payload of an incoming webhook', () => {
  it('is read from a form, however its type is written', () => {
    const source = slackWebhook.create(slackWebhook.schema.parse({ type: 'slack-webhook' }), 'ci');
    const type = 'Application/X-WWW-Form-Urlencoded; Charset=UTF-8';
    const body = new URLSearchParams({ payload: '{"text":"Build failed"}' }).toString();
    const [event] = source.parse(requestOf({ headers: { 'Content-Type': type }, body }));
    expect(event?.title).toBe('Build failed');
  });

  it('shows a table', () => {
    const rows = [
      [
        { type: 'raw_text', text: 'host' },
        { type: 'raw_text', text: 'used' },
      ],
      [
        { type: 'raw_text', text: 'db_3' },
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [{ type: 'text', text: '97', style: { bold: true } }],
            },
          ],
        },
      ],
    ];
    expect(parseWebhook({ blocks: [{ type: 'table', rows }] }, MENTIONS).text).toBe(
      'host · used\ndb\\_3 · **97**',
    );
  });

  it.each([[[]], [[{ type: 'new' }]], [[{ type: 'divider' }]]])(
    'shows its text where it has blocks without words: %j',
    (blocks) => {
      const payload = { text: 'Build failed', blocks, attachments: [{ text: 'in 3 min' }] };
      expect(parseWebhook(payload, MENTIONS).text).toBe('Build failed\n\nin 3 min');
    },
  );

  it.each([
    [{ blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*Build* failed\nat 12' } }] }],
    [{ attachments: [{ pretext: 'Build failed', text: 'at 12' }] }],
    [{ text: '```\nBuild failed\n```' }],
  ])('has the first line as its title, where nothing else is one: %j', (payload) => {
    expect(parseWebhook(payload, MENTIONS).title).toBe('Build failed');
  });

  it('keeps its blocks as they are, without mentions', () => {
    const block = { type: 'section', text: { type: 'mrkdwn', text: '<!channel> *disk* full' } };
    const { native, text } = parseWebhook({ blocks: [block] }, MENTIONS);
    expect(native?.slack?.blocks).toEqual([
      { type: 'section', text: { type: 'mrkdwn', text: '@channel *disk* full' } },
    ]);
    expect(text).toContain('**disk** full');
    expect(text).not.toContain('<!');
  });

  it('mentions where the source may', () => {
    const { native } = parseWebhook({ text: '<!here> hi' }, { key: 'k', mayMention: true });
    expect(native?.slack?.text).toBe('<!here> hi');
  });

  it('shows attachments with their severity, fields and links', () => {
    const { severity, text, title, url } = parseWebhook(
      {
        attachments: [
          {
            color: 'danger',
            title: 'Disk &amp; memory',
            title_link: 'https://example.com/55',
            fields: [{ title: 'Team', value: '*db*' }],
          },
        ],
      },
      MENTIONS,
    );
    expect({ severity, title, url }).toEqual({
      severity: 'critical',
      title: 'Disk & memory',
      url: 'https://example.com/55',
    });
    expect(text).toContain('**Team:** **db**');
  });

  it.each([[{}], [{ text: '' }], [{ text: 5, blocks: 'no' }], [{ blocks: [], attachments: [] }]])(
    'that shows nothing is unusable: %j',
    (payload) => {
      const usable = (payload as { text?: unknown }).text === 5;
      if (usable) expect(parseWebhook(payload, MENTIONS).title).toBe('5');
      else expect(() => parseWebhook(payload, MENTIONS)).toThrow(/neither text/);
    },
  );

  it('of any JSON is an event, or unusable', () => {
    fc.assert(
      fc.property(
        fc.record({ text: fc.jsonValue(), blocks: fc.jsonValue(), attachments: fc.jsonValue() }),
        (payload) => {
          try {
            expect(parseWebhook(payload, MENTIONS).title).not.toBe('');
          } catch (error) {
            expect((error as Error).name).toBe('Unusable');
          }
        },
      ),
    );
  });
});

const textOf = (payload: Record<string, unknown>): string => parseWebhook(payload, MENTIONS).text;
const richText = (...elements: unknown[]) => textOf({ blocks: [{ type: 'rich_text', elements }] });
const section = (...elements: unknown[]) => richText({ type: 'rich_text_section', elements });

describe('a link of Slack’s markup', () => {
  it.each([
    ['<https://ci/1|build #1 | main>', '<https://ci/1|build #1 | main>'],
    ['<mailto:a@b.de|Write>', '<mailto:a@b.de|Write>'],
    ['<tel:+491234>', '<tel:+491234>'],
    ['<javascript:alert(1)|Write>', 'Write (javascript:alert(1))'],
    ['<ms-msdt:/id|Run>', 'Run (ms-msdt:/id)'],
    ['<https://x/1|https://x/1>', '<https://x/1>'],
    ['<@U1|ana | db>', '@ana | db'],
  ])('%s is shown as %s', (mrkdwn, shown) => {
    expect(throughMarkdown(mrkdwn)).toBe(shown);
  });
});

it.each([
  ['> quoted\nbelow', '> quoted\n\nbelow'],
  ['> one\n&gt; two\n\nbelow', '> one\n> two\n\nbelow'],
])('ends a quote where Slack does: %j', (mrkdwn, expected) => {
  expect(mrkdwnToMarkdown(mrkdwn)).toBe(expected);
  const fields = mrkdwn.split('\n').map((text) => ({ type: 'mrkdwn', text }));
  expect(parseDocument(textOf({ blocks: [{ type: 'section', fields }] }))).toHaveLength(2);
});

describe('rich text', () => {
  it.each<[string, unknown[], string]>([
    [
      'bold text beside a word',
      [
        { type: 'text', text: 'Status:', style: { bold: true } },
        { type: 'text', text: 'failed' },
      ],
      String.raw`**Status\:` + '\u200B**failed',
    ],
    [
      'bold text over two paragraphs',
      [{ type: 'text', text: 'one\n\ntwo ', style: { bold: true } }],
      '**one**\n\n**two** ',
    ],
    [
      'a bold link',
      [{ type: 'link', url: 'https://x/1', text: 'log', style: { bold: true } }],
      '**[log](<https://x/1>)**',
    ],
    [
      'a link to a mailbox',
      [{ type: 'link', url: 'mailto:a@b.de', text: 'Write' }],
      '[Write](<mailto:a@b.de>)',
    ],
    [
      'a link that may not be one',
      [{ type: 'link', url: 'javascript:alert(1)', text: 'Write' }],
      String.raw`Write (javascript\:alert\(1\))`,
    ],
    [
      'a label with angle brackets',
      [{ type: 'link', url: 'https://x/1', text: 'a < b <' }],
      String.raw`[a \< b \<](<https://x/1>)`,
    ],
  ])('shows %s', (_, elements, expected) => {
    expect(section(...elements)).toBe(expected);
  });

  it('shows the addresses of links in code', () => {
    const elements = [
      { type: 'text', text: 'see ' },
      { type: 'link', url: 'https://x/1', text: 'log' },
      { type: 'text', text: '\n' },
      { type: 'link', url: 'https://x/2' },
    ];
    expect(richText({ type: 'rich_text_preformatted', elements })).toBe(
      '```\nsee log (https://x/1)\nhttps://x/2\n```',
    );
  });

  it.each([
    [3, '4. item'],
    [undefined, '1. item'],
    [-1, '1. item'],
    ['3', '4. item'],
    [1e12, '1. item'],
  ])('counts on from the offset %j', (offset, expected) => {
    const item = { type: 'rich_text_section', elements: [{ type: 'text', text: 'item' }] };
    const list = { type: 'rich_text_list', style: 'ordered', offset, elements: [item] };
    expect(richText(list)).toBe(expected);
  });
});

it('shows the links of a menu, of a thumbnail and of any button', () => {
  const button = (text: string, url: string) => ({
    type: 'button',
    text: { type: 'plain_text', text },
    url,
  });
  const option = (text: string, url?: string) => ({ text: { type: 'plain_text', text }, url });
  const overflow = { type: 'overflow', options: [option('Log', 'https://x/1'), option('Mute')] };
  expect(
    textOf({
      blocks: [{ type: 'actions', elements: [button('Write', 'mailto:a@b.de'), overflow] }],
      attachments: [{ title: 'Job', title_link: 'mailto:a@b.de', thumb_url: 'https://x/t.png' }],
    }),
  ).toBe(
    [
      '[Write](<mailto:a@b.de>) · [Log](<https://x/1>)',
      '**[Job](<mailto:a@b.de>)**',
      '[Thumbnail](<https://x/t.png>)',
    ].join('\n\n'),
  );
});

describe('a post that may not mention', () => {
  const native = (text: string) => parseWebhook({ text }, MENTIONS).native?.slack?.text;

  it.each([
    ['<<@U1|U0123ABC>> look', '&lt;@U0123ABC> look'],
    ['<<!here|@U0123ABC>> look', '&lt;@U0123ABC> look'],
    ['<@U1|<@U2>>', '&lt;@U1|@U2>'],
    ['<!group> <!everyone>', '@group @everyone'],
    ['<@U1|ana | db>', '@ana | db'],
    ['&lt;@U1&gt;', '&lt;@U1&gt;'],
    ['<!date^1763971200^{date}|today> <#C1|ops>', '<!date^1763971200^{date}|today> <#C1|ops>'],
  ])('%s is posted as %s', (text, expected) => {
    expect(native(text)).toBe(expected);
  });

  it('shows code of rich text as it is', () => {
    const code = { type: 'text', text: '<!DOCTYPE html>' };
    const elements = [{ type: 'rich_text_preformatted', elements: [code] }];
    const post = parseWebhook({ blocks: [{ type: 'rich_text', elements }] }, MENTIONS).native;
    expect(JSON.stringify(post)).toContain('"<\u200B!DOCTYPE html>"');
  });

  it('has nothing that Slack reads as a mention, however it is nested', () => {
    const part = fc.constantFrom(
      ...['<', '>', '|', '@', '!', '#', '^', '&lt;', '&gt;', ' ', '\n', '\uD800'],
      ...['<@U1>', '<!here>', 'here', 'channel', 'everyone', 'subteam^S1', 'U0123ABC', '@U1'],
    );
    const text = fc.array(part, { maxLength: 24 }).map((parts) => parts.join(''));
    const element = fc.oneof(
      fc.record({ type: fc.constantFrom('mrkdwn', 'plain_text', 'text', 'link'), text }),
      fc.record({ type: fc.constant('user'), user_id: text }),
      fc.record({ type: fc.constant('broadcast'), range: text }),
      fc.record({ type: fc.constant('usergroup'), usergroup_id: text }),
    );
    fc.assert(
      fc.property(text, fc.array(element), text, (words, elements, value) => {
        const payload = {
          text: `x${words}`,
          blocks: [{ type: 'rich_text', elements }],
          attachments: [{ fields: [{ title: value, value }], fallback: value }],
        };
        const slack = parseWebhook(payload, MENTIONS).native?.slack;
        expect(slack).toBeDefined();
        const json = JSON.stringify(slack);
        expect(json).not.toMatch(/<[@!]/);
        expect(json).not.toMatch(/"type":"(?:user|broadcast|usergroup)"/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read in a time that grows with its length', () => {
    const depth = 100_000;
    for (const hostile of ['<'.repeat(depth) + '@U1' + '>'.repeat(depth), '<@U1|'.repeat(depth)]) {
      expectProcessorMsBelow(1_000, () => sendable({ text: hostile }, { mayMention: false }));
    }
  });
});
