import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseTeamsPayload } from '../../../src/sources/teams-webhook/parse.js';
import { teamsWebhook } from '../../../src/sources/teams-webhook/source.js';
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
