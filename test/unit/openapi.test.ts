import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { ACKNOWLEDGEMENT_EVENTS } from '../../src/domain/acknowledgement.js';
import { openApiDocument } from '../../src/api/schema/openapi.js';
import {
  bodyPointer,
  callbacks,
  openApi,
  operations,
  resolved,
  violations,
  type Schema,
} from '../openapiOperations.js';

const document = openApiDocument('1.2.3');

describe('the OpenAPI document', () => {
  it('is valid', async () => {
    const result = await new Validator().validate(
      JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
    );
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it('documents limits where they are enforced', () => {
    expect(document.components?.schemas?.Content).toMatchObject({
      properties: { text: { maxLength: 131_072 }, title: { maxLength: 1_000 } },
    });
    expect(document.components?.schemas?.Batch).toMatchObject({
      properties: { messages: { minItems: 1, maxItems: 1_000 } },
    });
    expect(document.info.version).toBe('1.2.3');
  });

  it('documents what a body must have of several fields', () => {
    const isValid = (schema: string, value: object) =>
      violations(`#/components/schemas/${schema}`, value).length === 0;
    const decided = { filter: {}, by: 'Ada', reason: 'fixed' };
    expect(isValid('RescheduleRequest', { by: 'Ada' })).toBe(false);
    expect(isValid('RescheduleRequest', { expiresAt: null })).toBe(true);
    expect(isValid('BulkDecisionRequest', { filter: {} })).toBe(false);
    expect(isValid('BulkDecisionRequest', { filter: {}, dryRun: false })).toBe(false);
    expect(isValid('BulkDecisionRequest', { filter: {}, dryRun: true })).toBe(true);
    expect(isValid('BulkDecisionRequest', decided)).toBe(true);
  });

  it('has patterns that other languages can read', () => {
    const json = JSON.stringify(document);
    expect(json).toContain(String.raw`\\uFEFF`);
    expect(json).not.toMatch(/\\u[dD][89a-fA-F]/);
  });

  it('describes the callbacks, with every event', () => {
    expect(document.webhooks).toMatchObject({
      acknowledgement: { post: { operationId: 'acknowledge' } },
    });
    expect(document.components?.schemas?.Acknowledgement).toMatchObject({
      properties: { type: { enum: [...ACKNOWLEDGEMENT_EVENTS] } },
    });
  });
});

describe.each(operations)('$method $path', ({ method, operation, path, pointer }) => {
  it('has a name', () => {
    expect(operation.operationId).toBeTruthy();
  });

  it('answers a failure with a problem document, and says when to come back after a 503', () => {
    for (const [status, { content, headers }] of Object.entries(operation.responses)) {
      // A readiness probe answers with its checks, ready or not.
      if (Number(status) < 400 || operation.operationId === 'readiness') continue;
      expect(Object.keys(content ?? {}), status).toEqual(['application/problem+json']);
      if (status === '503') expect(Object.keys(headers ?? {})).toEqual(['Retry-After']);
    }
  });

  it('documents a missing key where it needs one, and an internal error', () => {
    const statuses = Object.keys(operation.responses);
    const open = operation.security?.length === 0;
    // Sources authenticate their senders themselves, and turn each error into a 503.
    const isSource = path.startsWith('/v1/sources/');
    expect(open).toBe(path === '/healthz' || path === '/readyz' || isSource);
    if (!open) expect(statuses).toEqual(expect.arrayContaining(['401', '421', '500']));
    if (!open && method !== 'get') expect(statuses).toEqual(expect.arrayContaining(['403', '415']));
    const ofSources = ['200', '202', '400', '401', '403', '413', '415', '421', '503'];
    if (isSource) expect(statuses).toEqual(ofSources);
  });

  it('has valid examples of each parameter', () => {
    for (const [index, { name, schema }] of (operation.parameters ?? []).entries()) {
      const { examples = [] } = resolved(schema);
      expect(examples, name).not.toEqual([]);
      for (const example of examples) {
        expect(violations(`${pointer}/parameters/${index}/schema`, example), name).toEqual([]);
      }
    }
  });
});

describe.each([...operations, ...callbacks])('$method $path', ({ operation, pointer }) => {
  it('has examples of its request and of each answer with a body, all valid', () => {
    const { requestBody, responses } = operation;
    if (requestBody) expectValidExamples(`${pointer}/requestBody`, requestBody.content);
    for (const [status, { content }] of Object.entries(responses)) {
      if (content) expectValidExamples(`${pointer}/responses/${status}`, content);
    }
  });

  it('is described in sentences, with all that belongs to it', () => {
    const { description, parameters = [], requestBody, responses, summary } = operation;
    expect(summary).toSatisfy(isSentence);
    expect(description).toSatisfy(isSentence);
    if (requestBody) expect(requestBody.description).toSatisfy(isSentence);
    for (const each of parameters) expect(each.description, each.name).toSatisfy(isSentence);
    for (const [status, answer] of Object.entries(responses)) {
      expect(answer.description, status).toSatisfy(isSentence);
    }
  });
});

function expectValidExamples(
  parent: string,
  content: Record<string, { examples?: Record<string, { summary: string; value: unknown }> }> = {},
): void {
  for (const [mediaType, { examples = {} }] of Object.entries(content)) {
    expect(Object.keys(examples), parent).not.toHaveLength(0);
    for (const [name, { summary, value }] of Object.entries(examples)) {
      expect(summary, `${parent} ${name}`).toSatisfy(isSentence);
      expect(violations(bodyPointer(parent, mediaType), value), `${parent} ${name}`).toEqual([]);
    }
  }
}

/** Sentences that say nothing by themselves. */
const EMPTY_SENTENCES = new Set(['It does.', 'It.', 'Seconds.', 'Markdown.', 'Ready.', 'Taken.']);
/** Such a beginning leans on the name of the field, or on a sentence elsewhere. */
const LEANS_ON_CONTEXT = /^(It|They|This|That|As|Of|While|Who|Why|What|Where|When)\b/;

function isSentence(text: string): boolean {
  return (
    text.endsWith('.') &&
    text.split(/\s+/).length >= 3 &&
    !EMPTY_SENTENCES.has(text) &&
    !LEANS_ON_CONTEXT.test(text)
  );
}

describe('every schema', () => {
  const fields = Object.entries(openApi.components.schemas).flatMap(([name, schema]) =>
    fieldsWithin(name, schema),
  );

  it.each(Object.entries(openApi.components.schemas))('%s has a description', (_, schema) => {
    expect(schema.description).toSatisfy(isSentence);
  });

  it('describes each of its fields in a sentence', () => {
    expect(fields.length).toBeGreaterThan(100);
    const without = fields.filter(([, field]) => !isSentence(resolved(field).description ?? ''));
    expect(without.map(([path]) => path)).toEqual([]);
  });

  it('has an example of each field that holds no fields of its own', () => {
    const without = fields.filter(([, field]) => isLeaf(field) && !resolved(field).examples);
    expect(without.map(([path]) => path)).toEqual([]);
  });

  it('has examples of its fields that are valid', () => {
    const wrong = fields.flatMap(([path, field, pointer]) =>
      (field.examples ?? []).flatMap((example) =>
        violations(pointer, example).map((violation) => `${path}: ${violation}`),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

type Field = [path: string, schema: Schema, pointer: string];

/** Every property in a schema, however deep. */
function fieldsWithin(
  path: string,
  schema: object,
  pointer = `#/components/schemas/${path}`,
): Field[] {
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]): Field[] => {
    if (keyword === 'examples' || typeof value !== 'object' || value === null) return [];
    const below = `${pointer}/${keyword}`;
    if (keyword !== 'properties') return fieldsWithin(path, value, below);
    return Object.entries(value as Record<string, Schema>).flatMap(([name, field]) => [
      [`${path}.${name}`, field, `${below}/${name}`],
      ...fieldsWithin(`${path}.${name}`, field, `${below}/${name}`),
    ]);
  });
}

function isLeaf(schema: Schema): boolean {
  const { type, items } = resolved(schema);
  return type === 'array' ? isLeaf(items ?? {}) : type !== undefined && type !== 'object';
}
