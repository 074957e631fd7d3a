import { eventSchema, type SourceEvent } from '../../../src/domain/event.js';

/** An event with these fields. */
export function event(fields: object = {}): SourceEvent {
  const { isReminder, rank, summary, ...others } = fields as Partial<SourceEvent>;
  return {
    ...eventSchema.parse({ key: 'k1', source: 'test', title: 'Disk full on db-3', ...others }),
    ...(isReminder !== undefined && { isReminder }),
    ...(rank !== undefined && { rank }),
    ...(summary !== undefined && { summary }),
  };
}
