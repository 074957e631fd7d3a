import type { PlatformPlaces } from '../platformPlaces.js';

export const receiverPlaces: PlatformPlaces = {
  label: 'Webhook',
  colour: '#3d4a5c',
  form: /^[^\s/?#]+$/,
  description: 'the name of a receiver',
  seeded: [{ path: 'status', name: 'status page' }],
};
