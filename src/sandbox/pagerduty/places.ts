import type { PlatformPlaces } from '../platformPlaces.js';

/** Incidents, which have to be created. */
export const pagerDutyPlaces: PlatformPlaces = {
  label: 'PagerDuty',
  colour: '#05682e',
  form: /^[A-Z0-9]{1,40}$/,
  description: 'the id of an incident, as Q1A2B3C4D5',
  seeded: [],
};
