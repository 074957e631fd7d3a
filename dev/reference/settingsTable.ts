/** Every setting of `sendproof.yaml`, as a table: its form and default from the schema that validates it. */
import { z } from 'zod';
import { fileSchema } from '../../src/config/configuration.js';
import { targetFields } from '../../src/config/events.js';
import { commonFields as queueFields } from '../../src/config/queues.js';
import { ownFields as sourceFields } from '../../src/config/sources.js';
import { QUEUE_TYPES } from '../../src/queues/registry.js';
import { SOURCE_TYPES } from '../../src/sources/registry.js';
import { markdownTable } from './markdown.js';
import { SETTING_MEANINGS } from './settingMeanings.js';

interface Setting {
  path: string;
  /** Of each kind that has the setting. */
  forms: string[];
  /** As JSON; undefined if there is none. */
  otherwise: string | undefined;
}

/** A schema of JSON, as far as it is read here. */
interface Schema {
  $ref?: string;
  type?: string;
  const?: string | number | boolean | null;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

/** Whose settings all accounts, sources, queues or targets of events have: they are listed once. */
const SHARED = new Set(
  ['requestTimeout', 'retry', 'limits', 'mentions'].map((field) => `accounts.*.*.${field}`),
);

/** Every setting, once, in the order of the schema. */
export function settings(): Setting[] {
  const found = new Map<string, Setting>();
  const add = (schema: z.ZodType, path: string): void => {
    collect(jsonSchema(schema), path, (setting) => {
      const known = found.get(setting.path);
      if (!known) found.set(setting.path, setting);
      // Kinds of sources have one setting with a form of their own: the name of the kind.
      else known.forms.push(...setting.forms);
    });
  };
  add(fileSchema, '');
  add(sourceFields, 'sources.*');
  for (const { schema } of SOURCE_TYPES) add(schema, 'sources.*');
  add(queueFields, 'queues.*');
  for (const { name, schema } of QUEUE_TYPES) add(schema, `queues.*.${name}`);
  add(targetFields, 'events.*');
  for (const { name, target } of QUEUE_TYPES) add(target.schema, `events.*.${name}`);
  const all = [...found.values()];
  // The file's schema says of these only that there is something.
  const isWhole = ({ path }: Setting) => all.some((other) => other.path.startsWith(`${path}.`));
  return all
    .filter((setting) => !isWhole(setting))
    .toSorted((one, other) => rank(one) - rank(other));
}

const TOP_LEVEL = Object.keys(fileSchema.shape);

function rank({ path }: Setting): number {
  return TOP_LEVEL.indexOf(path.split(/[.[]/)[0] ?? '');
}

function jsonSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
}

function collect(root: Schema, path: string, add: (setting: Setting) => void): void {
  visit(root, path);

  function visit(schema: Schema, place: string): void {
    const fields = isSecret(schema) ? [] : fieldsOf(schema);
    if (fields.length === 0 && place !== '') {
      const otherwise = 'default' in schema ? JSON.stringify(schema.default) : undefined;
      add({ path: place, forms: [formOf(schema)], otherwise });
    }
    for (const [name, field] of fields) visit(field, pathOf(place, name));
  }
}

/** Settings that all accounts have are those of any platform. */
function pathOf(place: string, name: string): string {
  const path = place === '' ? name : name === '[]' ? `${place}[]` : `${place}.${name}`;
  const ofAnyPlatform = path.replace(/^accounts\.[a-z-]+\.\*/, 'accounts.*.*');
  const isShared = [...SHARED].some(
    (each) => ofAnyPlatform === each || ofAnyPlatform.startsWith(`${each}.`),
  );
  return isShared ? ofAnyPlatform : path;
}

/** What may stand below; `*`: any name, `[]`: each of a list. */
function fieldsOf(schema: Schema): [name: string, field: Schema][] {
  return [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((each) => {
    const { properties = {}, additionalProperties: others, items } = each;
    const ofAnyName: [string, Schema][] =
      typeof others === 'object' && Object.keys(others).length > 0 ? [['*', others]] : [];
    const ofList: [string, Schema][] =
      items && !isSecret(items) && fieldsOf(items).length > 0 ? [['[]', items]] : [];
    return [...Object.entries(properties), ...ofAnyName, ...ofList];
  });
}

/** `{ env: NAME }` or `{ file: PATH }`, or a list of such. */
function isSecret(schema: Schema): boolean {
  const alternatives = schema.anyOf ?? schema.oneOf ?? [];
  return alternatives.some(
    (each) => each.properties?.env !== undefined || isSecret(each) || isSecretList(each),
  );
}

function isSecretList({ items }: Schema): boolean {
  return items !== undefined && isSecret(items);
}

function formOf(schema: Schema): string {
  if (isSecret(schema)) return schemaHasList(schema) ? 'a secret, or a list' : 'a secret';
  if (schema.$ref !== undefined) return formOfReference(schema.$ref);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return [...new Set(alternatives.map(formOf))].join(', or ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((each) => `\`${String(each)}\``).join(', ');
  if (schema.pattern?.includes('ms|s|m')) return 'a duration';
  if (schema.type === 'array') return `a list of ${plural(formOf(schema.items ?? {}))}`;
  return FORMS[schema.type ?? ''] ?? 'see its page';
}

const FORMS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: '`true` or `false`',
  object: 'names with values',
};

function plural(form: string): string {
  return form.replace(/^a (whole )?(\w+)$/, '$1$2s');
}

function schemaHasList(schema: Schema): boolean {
  return (schema.anyOf ?? schema.oneOf ?? []).some(
    (each) => each.type === 'array' || schemaHasList(each),
  );
}

function formOfReference(reference: string): string {
  return reference.includes('Destination') ? 'a destination' : 'an object';
}

/** Queues and targets of events name brokers and queues by the same settings. */
export function ofQueues(path: string): string {
  return path.replace(/^events\.\*\.(kafka|sqs)\./, 'queues.*.$1.');
}

export function settingsTable(): string {
  const rows = settings().map(({ path, forms, otherwise }) => [
    `\`${path}\``,
    [...new Set(forms)].join(', '),
    otherwise === undefined ? '' : `\`${otherwise}\``,
    SETTING_MEANINGS[path] ?? SETTING_MEANINGS[ofQueues(path)] ?? '',
  ]);
  return markdownTable([['setting', 'form', 'default', 'meaning'], ...rows]);
}
