/** `group:` of a route: its events within a window are shown in one message. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SourceEvent } from '../domain/event.js';
import { durationUpTo } from '../lib/duration.js';
import { fieldFault, fieldReader } from './eventFields.js';

const fieldName = z.string().superRefine((field, context) => {
  const fault = fieldFault(field);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

export const groupSchema = z.strictObject({
  /** How long after its first event a group is posted. */
  window: durationUpTo('24h'),
  /** The fields that the events of a group have in common. Without any, a route has one group. */
  by: z.array(fieldName).max(10, 'must name at most 10 fields').default([]),
  /** It is posted at once with so many events. */
  maximum: z.int().min(2).max(1_000).default(1_000),
});

export interface Grouping {
  windowMs: number;
  maximum: number;
  /** The same for events that belong together, and for no others. */
  hashOf: (event: SourceEvent) => string;
}

export function compileGroup(
  { by, maximum, window }: z.output<typeof groupSchema>,
  route: string,
): Grouping {
  const readers = by.map(fieldReader);
  return {
    windowMs: window,
    maximum,
    hashOf: (event) => {
      const common = [route, by, readers.map((read) => read(event) ?? null)];
      return createHash('sha256').update(JSON.stringify(common)).digest('base64url');
    },
  };
}
