import { isRecord } from '../../lib/isRecord.js';

/** The fields of a form, or of an address. Forms send empty text for what was left out. */
export function filledIn(fields: unknown): Record<string, string> {
  const given = isRecord(fields) ? Object.entries(fields as Record<string, string>) : [];
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}
