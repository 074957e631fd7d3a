import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { documentToMrkdwn } from '../../../src/destinations/slack/render.js';
import { mrkdwnToMarkdown } from '../../../src/sources/slack-webhook/mrkdwn.js';
import { parseWebhook } from '../../../src/sources/slack-webhook/parse.js';
import { slackWebhook } from '../../../src/sources/slack-webhook/source.js';
import { describeSourceContract } from './contract.js';

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
  ])('%s is the same after it was Markdown', (mrkdwn, shown) => {
    expect(throughMarkdown(mrkdwn)).toBe(shown);
  });

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
      const startedAt = performance.now();
      mrkdwnToMarkdown(hostile);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
  });
});

describe('the payload of an incoming webhook', () => {
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
