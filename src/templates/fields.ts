import { eventSchema, type SourceEvent } from '../domain/event.js';

/** What a template can read of an event, as `event.title`. */
export const EVENT_FIELDS: readonly string[] = [
  ...Object.keys(eventSchema.shape),
  ...(['rank', 'summary', 'isReminder'] satisfies (keyof SourceEvent)[]),
];
