/** The OpenAPI document as tests need it: its operations, and what validates a body against it. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../src/api/schema/openapi.js';

interface Body {
  schema: object;
  examples?: Record<string, { summary: string; value: unknown }>;
}

interface Parameter {
  in: 'path' | 'query' | 'header';
  name: string;
  schema: Schema;
  description?: string;
}

export interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  examples?: unknown[];
  items?: Schema;
}

interface Answer {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, Body>;
}

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security?: object[];
  parameters?: Parameter[];
  requestBody?: { description: string; content: Record<string, Body> };
  responses: Record<string, Answer>;
}

export interface LocatedOperation {
  /** As `post`. */
  method: string;
  /** As `/v1/messages/{key}`. */
  path: string;
  operation: Operation;
  /** A JSON pointer, as `#/paths/~1v1~1messages/post`. */
  pointer: string;
}

export const openApi = JSON.parse(JSON.stringify(openApiDocument('1.2.3'))) as Record<
  'paths' | 'webhooks',
  Record<string, Record<string, Operation>>
> & { components: { schemas: Record<string, Schema> } };

function located(part: 'paths' | 'webhooks'): LocatedOperation[] {
  return Object.entries(openApi[part]).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method,
      path,
      operation,
      pointer: `#/${part}/${escaped(path)}/${method}`,
    })),
  );
}

/** What the API answers. */
export const operations = located('paths');
/** What it asks of others. */
export const callbacks = located('webhooks');

/** The schema, or the one that it refers to with its own words on top. */
export function resolved(schema: Schema): Schema {
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  return name === undefined ? schema : { ...openApi.components.schemas[name], ...schema };
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(openApi, 'openapi');

/** What is wrong with `value` by the schema at this JSON pointer of the document; empty if nothing is. */
export function violations(pointer: string, value: unknown): string[] {
  const validate = ajv.getSchema(`openapi${pointer}`);
  if (!validate) throw new Error(`The document has no schema at ${pointer}`);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) =>
    `${instancePath} ${message ?? ''}`.trim(),
  );
}

/** The JSON pointer of the schema of a body. */
export function bodyPointer(parent: string, mediaType: string): string {
  return `${parent}/content/${escaped(mediaType)}/schema`;
}

/** By RFC 6901. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
