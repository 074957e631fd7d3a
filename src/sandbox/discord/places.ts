import type { PlatformPlaces } from '../platformPlaces.js';

/** A channel of Discord. The sandbox gives the channel's id to its webhook, too. */
export const SEEDED_CHANNEL = '1187654321098765432';

export const discordPlaces: PlatformPlaces = {
  label: 'Discord',
  colour: '#404eed',
  form: /^[1-9]\d{14,19}$/,
  description: 'the id of a Discord channel, as 1187654321098765432',
  seeded: [{ path: SEEDED_CHANNEL, name: 'ops' }],
};
