import type { Sample } from '../source.js';

const HEADERS = { 'Content-Type': 'application/json' };

export const SAMPLES = {
  'message-card': {
    headers: HEADERS,
    body: JSON.stringify({
      '@type': 'MessageCard',
      '@context': 'https://schema.org/extensions',
      themeColor: 'D70000',
      summary: 'Disk full on db-3',
      title: 'Disk full on db-3',
      sections: [
        {
          activityTitle: 'Monitoring',
          facts: [
            { name: 'Volume', value: '/var' },
            { name: 'Used', value: '97 %' },
          ],
        },
      ],
      potentialAction: [
        {
          '@type': 'OpenUri',
          name: 'Dashboard',
          targets: [{ os: 'default', uri: 'https://example.com/dashboards/db-3' }],
        },
      ],
    }),
  },
  'adaptive-card': {
    headers: HEADERS,
    body: JSON.stringify({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            version: '1.4',
            body: [
              { type: 'TextBlock', text: 'Disk full on db-3', weight: 'Bolder', size: 'Medium' },
              { type: 'FactSet', facts: [{ title: 'Used', value: '97 %' }] },
            ],
            actions: [
              {
                type: 'Action.OpenUrl',
                title: 'Dashboard',
                url: 'https://example.com/dashboards/db-3',
              },
            ],
          },
        },
      ],
    }),
  },
} satisfies Record<string, Sample>;
