import type { PlatformPlaces } from '../platformPlaces.js';

export const webhookPlaces: PlatformPlaces = {
  label: 'Teams webhook',
  colour: '#33398a',
  form: /^[^\s/?#]+$/,
  description: 'the name of a webhook',
  seeded: [{ path: 'incidents', name: 'incidents' }],
};
