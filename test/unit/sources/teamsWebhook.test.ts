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
