import type { PlatformPlaces } from '../platformPlaces.js';

export const slackPlaces: PlatformPlaces = {
  label: 'Slack',
  colour: '#4a154b',
  // Public and private channels, direct messages: https://docs.slack.dev/reference/objects/conversation-object
  form: /^[CGD][A-Z0-9]{6,}$/,
  description: 'a Slack channel id, as C0123ABC (C, G or D and at least six of A–Z, 0–9)',
  seeded: [
    { path: 'C0123ABC', name: 'ops' },
    { path: 'C0DEV0001', name: 'deploys' },
  ],
};
