/** The fields of an event by their names, as text: what `match:` compares and `group:` distinguishes. */
import { EVENT_STATES, type SourceEvent } from '../domain/event.js';
import { contentSchema } from '../domain/message.js';
import { nearest } from '../lib/nearest.js';
import { own } from '../lib/own.js';

const READERS = {
  source: (event) => event.source,
  key: (event) => event.key,
  reference: (event) => event.reference,
  conversation: (event) => event.conversation,
  state: (event) => event.state,
  severity: (event) => event.severity,
  title: (event) => event.title,
  text: (event) => event.text,
  summary: (event) => event.summary ?? event.title,
  url: (event) => event.url,
  isReminder: (event) => String(event.isReminder ?? false),
} satisfies Record<string, (event: SourceEvent) => string | undefined>;

type FieldName = keyof typeof READERS;

export const FIELD_NAMES = Object.keys(READERS) as FieldName[];

/** The fields that have one of a few values. */
const VALUES: Partial<Record<FieldName, readonly string[]>> = {
  state: EVENT_STATES,
  severity: contentSchema.shape.severity.unwrap().options,
  isReminder: ['true', 'false'],
};

const LABEL = /^labels\.(.+)$/s;

/** What is wrong with this name of a field; undefined where the event has it. Any label may exist. */
export function fieldFault(field: string): string | undefined {
  if (LABEL.test(field) || FIELD_NAMES.some((each) => each === field)) return undefined;
  const meant = nearest(field, [...FIELD_NAMES, 'labels']);
  const remedy =
    meant === undefined
      ? `use ${FIELD_NAMES.join(', ')} or labels.<name>`
      : `did you mean "${meant === 'labels' ? 'labels.<name>' : meant}"?`;
  return `an event has no field "${field}"; ${remedy}`;
}

/** What is wrong with comparing this field with this text; undefined where an event may have it. */
export function valueFault(field: string, text: string): string | undefined {
  const values = own<readonly string[] | undefined>(VALUES, field);
  if (!values || values.includes(text)) return undefined;
  const meant = nearest(text, values);
  const remedy =
    meant === undefined ? `use one of ${values.join(', ')}` : `did you mean "${meant}"?`;
  return `no event has the ${field} "${text}"; ${remedy}`;
}

/** How the value of this field is read from an event; undefined where the event has none. */
export function fieldReader(field: string): (event: SourceEvent) => string | undefined {
  const label = LABEL.exec(field)?.[1];
  if (label !== undefined) return (event) => own(event.labels, label);
  const read = own<(event: SourceEvent) => string | undefined>(READERS, field);
  return read ?? (() => undefined);
}
