import type { PlatformPlaces } from '../platformPlaces.js';

export const SEEDED_TEAM = '0a1b2c3d-0000-4000-8000-000000000001';

export const graphPlaces: PlatformPlaces = {
  label: 'Teams',
  colour: '#464eb8',
  form: /^[^\s/?#]+\/[^\s/?#]+$/,
  description: '<team id>/<channel id> or chats/<chat id>',
  seeded: [
    {
      path: `${SEEDED_TEAM}/19:incidents@thread.tacv2`,
      name: 'Incidents',
      teamName: 'Operations',
    },
    { path: 'chats/19:oncall@thread.v2', name: 'On call' },
  ],
};
