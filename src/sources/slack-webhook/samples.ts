import type { Sample } from '../source.js';

const HEADERS = { 'Content-Type': 'application/json' };

export const SAMPLES = {
  text: {
    headers: HEADERS,
    body: JSON.stringify({
      text: '*Deployment* of `shop` is done: <https://example.com/deployments/55|55>',
    }),
  },
  blocks: {
    headers: HEADERS,
    body: JSON.stringify({
      text: 'Build 312 failed',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Build 312 failed' } },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: '3 of 1,200 tests failed on *main*.' },
          fields: [
            { type: 'mrkdwn', text: '*Commit:* `4f1c2d3`' },
            { type: 'mrkdwn', text: '*Author:* Ana' },
          ],
        },
        {
          type: 'actions',
          elements: [
            {
              type: 'button',
              text: { type: 'plain_text', text: 'Log' },
              url: 'https://example.com/builds/312',
            },
          ],
        },
      ],
    }),
  },
  attachments: {
    headers: HEADERS,
    body: JSON.stringify({
      attachments: [
        {
          color: 'danger',
          title: 'Disk full on db-3',
          title_link: 'https://example.com/alerts/55',
          text: '97 % of `/var` is used.',
          fields: [{ title: 'Team', value: 'Database', short: true }],
          fallback: 'Disk full on db-3',
        },
      ],
    }),
  },
} satisfies Record<string, Sample>;
