/** The OpenAPI document as Markdown: every operation with its parameters, its body and its answers, and every schema. */
import { openApiDocument } from '../../src/api/schema/openapi.js';
import { markdownTable } from './markdown.js';

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  pattern?: string;
  const?: string | number | boolean | null;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

type Content = Record<string, { schema?: Schema }>;

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content?: Content };
  responses?: Record<string, { $ref?: string; description?: string; content?: Content }>;
}

interface Document {
  tags?: { name: string; description?: string }[];
  paths?: Record<string, Record<string, Operation>>;
  webhooks?: Record<string, Record<string, Operation>>;
  components?: {
    schemas?: Record<string, Schema>;
    responses?: Record<string, { description?: string; content?: Content }>;
  };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options'];

export function httpApi(): string {
  // A document of any version: the pages of a release are those of its code.
  const document = openApiDocument('') as unknown as Document;
  const operations = Object.entries({ ...document.paths, ...document.webhooks }).flatMap(
    ([path, item]) =>
      METHODS.flatMap((method) => {
        const operation = item[method];
        return operation ? [{ path, method, operation }] : [];
      }),
  );
  const byTag = (document.tags ?? []).flatMap(({ name, description = '' }) => [
    `## ${name}\n\n${description}`,
    ...operations
      .filter(({ operation }) => operation.tags?.includes(name))
      .map(({ path, method, operation }) => operationSection(path, method, operation, document)),
  ]);
  const schemas = document.components?.schemas ?? {};
  const sections = Object.entries(schemas).map(([name, schema]) =>
    schemaSection(name, schema, schemas),
  );
  return [...byTag, '## Schemas', ...sections].join('\n\n');
}

function operationSection(
  path: string,
  method: string,
  operation: Operation,
  document: Document,
): string {
  const {
    summary = '',
    description = '',
    parameters = [],
    requestBody,
    responses = {},
  } = operation;
  const scopes = (operation.security ?? []).flatMap((each) => Object.values(each).flat());
  const body = schemaOf(requestBody?.content);
  const parts = [
    `### ${method.toUpperCase()} ${path}`,
    summary,
    description,
    scopes.length > 0 ? `Needs the scope ${scopes.map(code).join(' or ')}.` : '',
    parameters.length > 0
      ? markdownTable([
          ['parameter', 'in', 'form', 'meaning'],
          ...parameters.map((each) => [
            code(each.name) + (each.required ? ' (required)' : ''),
            each.in,
            each.schema ? formOf(each.schema) : '',
            each.description ?? '',
          ]),
        ])
      : '',
    body ? `Body: ${formOf(body)}.` : '',
    markdownTable([
      ['answer', 'meaning', 'body'],
      ...Object.entries(responses).map(([status, response]) => {
        const named = response.$ref?.split('/').pop() ?? '';
        const { description: meaning = '', content } =
          document.components?.responses?.[named] ?? response;
        const answer = schemaOf(content);
        return [status, meaning, answer ? formOf(answer) : ''];
      }),
    ]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function schemaOf(content: Content | undefined): Schema | undefined {
  return Object.values(content ?? {}).find(({ schema }) => schema !== undefined)?.schema;
}

/**
 * The fields of one schema, for another document.
 *
 * @param document where the other schemas are explained, as `http-api.md`
 */
export function fieldsOf(name: string, document: string): string {
  const { components } = openApiDocument('') as unknown as Document;
  const schema = components?.schemas?.[name];
  if (!components?.schemas || !schema) throw new Error(`There is no schema ${name}.`);
  return fieldTable(schema, components.schemas, document);
}

function fieldTable(
  { properties = {}, required = [] }: Schema,
  schemas: Record<string, Schema>,
  document = '',
): string {
  return markdownTable([
    ['field', 'form', 'meaning'],
    ...Object.entries(properties).map(([field, each]) => [
      code(field) + (required.includes(field) ? '' : ' (optional)'),
      formOf(each).replaceAll('](#', `](${document}#`),
      each.description ?? schemas[nameOf(each)]?.description ?? '',
    ]),
  ]);
}

/** Of the schema that it refers to; empty if it is one itself. */
function nameOf({ $ref = '' }: Schema): string {
  return $ref.split('/').pop() ?? '';
}

function schemaSection(name: string, schema: Schema, schemas: Record<string, Schema>): string {
  const { description = '', properties = {} } = schema;
  const parts = [
    `### ${name}`,
    description,
    Object.keys(properties).length > 0 ? fieldTable(schema, schemas) : `Form: ${formOf(schema)}.`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function formOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = nameOf(schema);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum) return schema.enum.map((each) => code(String(each))).join(', ');
  const alternatives = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (alternatives) {
    return [...new Set(alternatives.map(formOf))].join(schema.allOf ? ' with ' : ' or ');
  }
  const type = [schema.type ?? (schema.pattern === undefined ? 'any' : 'string')]
    .flat()
    .join(' or ');
  if (type === 'array') return `list of ${formOf(schema.items ?? {})}`;
  const fields = Object.keys(schema.properties ?? {});
  if (fields.length > 0) return `object with ${fields.map(code).join(', ')}`;
  return type;
}

function code(text: string): string {
  return `\`${text}\``;
}
