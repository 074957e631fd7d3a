import type { PlatformPlaces } from '../platformPlaces.js';

/** A space of Google Chat. */
export const SEEDED_SPACE = 'AAAAOPS0001';

export const googleChatPlaces: PlatformPlaces = {
  label: 'Google Chat',
  colour: '#00695c',
  form: /^[A-Za-z0-9_-]{1,64}$/,
  description: 'the id of a space, as AAAAMpdlehY',
  seeded: [{ path: SEEDED_SPACE, name: 'Operations' }],
};
