/** `map:` of a generic source: a template for each field of its events. */
import { z } from 'zod';
import {
  compileRequestTemplate,
  RequestTemplateError,
  type RequestScope,
  type RequestTemplate,
} from '../../templates/requestTemplate.js';

/** Of which each event has one. */
const FIELDS = [
  'key',
  'title',
  'text',
  'summary',
  'state',
  'severity',
  'conversation',
  'reference',
  'url',
  'occurredAt',
] as const;
export type MappedField = (typeof FIELDS)[number];

const LONGEST_LABEL_NAME = 255;

const template = z.string();
const fields = Object.fromEntries(FIELDS.map((name) => [name, template.optional()])) as Record<
  MappedField,
  z.ZodOptional<typeof template>
>;

/** The templates as they are written. Each is checked together with `each`, which decides what they can read. */
export const mapSchema = z.strictObject({
  ...fields,
  labels: z.record(z.string().min(1).max(LONGEST_LABEL_NAME), template).optional(),
});
export type MapSettings = z.output<typeof mapSchema>;

export interface Mapping {
  fields: ReadonlyMap<MappedField, RequestTemplate>;
  labels: ReadonlyMap<string, RequestTemplate>;
}

export interface MappingFault {
  path: string[];
  message: string;
}

/** @param isSplit whether there is an `item` to read */
export function compileMapping(
  { labels = {}, ...templates }: MapSettings,
  isSplit: boolean,
): Mapping | { faults: MappingFault[] } {
  const faults: MappingFault[] = [];
  const roots = isSplit
    ? (['item', 'body', 'headers', 'query'] as const)
    : (['body', 'headers', 'query'] as const);
  const compiled = (path: string[], text: string | undefined): RequestTemplate[] => {
    try {
      return text === undefined ? [] : [compileRequestTemplate(text, roots)];
    } catch (error) {
      if (!(error instanceof RequestTemplateError)) throw error;
      faults.push({ path, message: error.message });
      return [];
    }
  };
  const mapping = {
    fields: new Map(
      FIELDS.flatMap((name) =>
        compiled([name], templates[name]).map((each): [MappedField, RequestTemplate] => [
          name,
          each,
        ]),
      ),
    ),
    labels: new Map(
      Object.entries(labels).flatMap(([name, text]) =>
        compiled(['labels', name], text).map((each): [string, RequestTemplate] => [name, each]),
      ),
    ),
  };
  return faults.length > 0 ? { faults } : mapping;
}

/** What the mapping gives for a request: only what isn't empty. */
export interface Mapped {
  fields: Partial<Record<MappedField, string>>;
  labels: Record<string, string>;
  /** The fields whose templates could not be used. */
  failed: string[];
}

/** Never throws: a field whose template fails is as one that gives nothing. */
export function applyMapping({ fields, labels }: Mapping, scope: RequestScope): Mapped {
  const mapped: Mapped = { fields: {}, labels: {}, failed: [] };
  const rendered = (name: string, render: () => string): string => {
    try {
      return render();
    } catch {
      mapped.failed.push(name);
      return '';
    }
  };
  for (const [name, template] of fields) {
    const value = rendered(name, () =>
      name === 'text' ? template.markdown(scope) : template.line(scope),
    );
    if (value !== '') mapped.fields[name] = value;
  }
  const given = [...labels].map(([name, template]): [string, string] => [
    name,
    rendered(`labels.${name}`, () => template.line(scope)),
  ]);
  mapped.labels = Object.fromEntries(given.filter(([, value]) => value !== ''));
  return mapped;
}
