import type { PlatformPlaces } from '../platformPlaces.js';

/** A channel of Mattermost. */
export const SEEDED_MATTERMOST_CHANNEL = 'opschannel0000000000000001';

export const mattermostPlaces: PlatformPlaces = {
  label: 'Mattermost',
  colour: '#1e325c',
  form: /^[a-z0-9]{26}$/,
  description: 'the id of a Mattermost channel: 26 small letters and digits',
  seeded: [{ path: SEEDED_MATTERMOST_CHANNEL, name: 'Ops' }],
};
