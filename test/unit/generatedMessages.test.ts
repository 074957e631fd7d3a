/** What a program makes of the OpenAPI document alone is, nearly always, a message that the API accepts. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageSchema } from '../../src/domain/message.js';
import { openApiDocument } from '../../src/api/schema/openapi.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';

interface Schema {
  $ref?: string;
  type?: string;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  minProperties?: number;
}

type Schemas = Record<string, Schema>;

/** Values of a schema, by its keywords alone. */
function valuesOf(schema: Schema, schemas: Schemas): fc.Arbitrary<unknown> {
  const { $ref, anyOf, items, properties, required = [] } = schema;
  if ($ref !== undefined) return valuesOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas);
  if (anyOf) return fc.oneof(...anyOf.map((each) => valuesOf(each, schemas)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return fc
        .record(
          Object.fromEntries(
            Object.entries(properties ?? {}).map(([name, each]) => [name, valuesOf(each, schemas)]),
          ),
          { requiredKeys: required },
        )
        .filter((value) => Object.keys(value).length >= (schema.minProperties ?? 0));
    case 'array': {
      const bounds = { minLength: schema.minItems, maxLength: schema.maxItems ?? 5 };
      const each = valuesOf(items ?? {}, schemas);
      if (!schema.uniqueItems) return fc.array(each, bounds);
      return fc.uniqueArray(each, { ...bounds, selector: (value) => JSON.stringify(value) });
    }
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum, max: schema.maximum });
    case 'string':
      return texts(schema);
    default:
      throw new Error(`Nothing is generated for ${JSON.stringify(schema)}`);
  }
}

function texts({
  format,
  maxLength = 1_000,
  minLength = 0,
  pattern,
}: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    const [min, max] = ['1970-01-01', '2020-01-01'].map((day) => new Date(day));
    return fc.date({ min, max, noInvalidDate: true }).map((date) => date.toISOString());
  }
  if (pattern === undefined) return fc.string({ minLength, maxLength });
  // Where a pattern has no anchors, the text may have more around it.
  const anchored = pattern.startsWith('^') ? pattern : `^.*${pattern}.*$`;
  return fc
    .stringMatching(new RegExp(anchored, 'u'))
    .filter((text) => text.length >= minLength && text.length <= maxLength);
}

function messages(document: { components?: { schemas?: unknown } }, without: string[] = []) {
  const schemas = Object.fromEntries(
    Object.entries(document.components?.schemas as Schemas).map(([name, schema]) => [
      name,
      withoutFields(schema, without),
    ]),
  );
  return fc.sample(valuesOf(schemas.Message ?? {}, schemas), { numRuns: 300, seed: 28 });
}

function withoutFields(schema: Schema, without: readonly string[]): Schema {
  if (!schema.properties) return schema;
  const properties = Object.fromEntries(
    Object.entries(schema.properties).filter(([name]) => !without.includes(name)),
  );
  return { ...schema, properties };
}

/** What JSON Schema can't say. */
const CONTRADICTIONS = /later than deliverAt|name a destination twice|must not be \. or \.\./;

describe('messages that are generated from the OpenAPI document', () => {
  it('are valid, except where two fields contradict each other', () => {
    const invalid = messages(openApiDocument('1.2.3')).flatMap((message) => {
      const { error } = messageSchema.safeParse(message);
      return error
        ? [error.issues.map(({ path, message: detail }) => `${path.join('.')}: ${detail}`)]
        : [];
    });
    expect(invalid.flat().filter((each) => !CONTRADICTIONS.test(each))).toEqual([]);
    expect(invalid.length).toBeLessThan(120);
  });

  describe('of this installation', () => {
    let intake: IntakeApi;
    beforeAll(async () => {
      intake = await startIntakeApi({
        SENDPROOF_API_KEYS: 'a-key',
      });
    });
    afterAll(() => intake.close());

    async function documentFor(headers: Record<string, string>) {
      const answer = await fetch(new URL('/openapi.json', intake.api.url), { headers });
      return (await answer.json()) as ReturnType<typeof openApiDocument>;
    }

    it('are accepted', async () => {
      const headers = { authorization: 'Bearer a-key' };
      // No callbacks are configured here, and the accounts allow no mentions.
      const generated = messages(await documentFor(headers), ['acknowledge', 'mentions']);
      const answer = await fetch(new URL('/v1/messages/batch', intake.api.url), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ messages: generated }),
      });
      const { results } = (await answer.json()) as {
        results: { status: number; problem?: { detail: string } }[];
      };
      const refused = results.filter(({ status }) => status !== 202);
      const reasons = refused.map(({ problem }) => problem?.detail ?? '');
      expect(reasons.filter((each) => !CONTRADICTIONS.test(each))).toEqual([]);
      expect(results.length - refused.length).toBeGreaterThan(180);
    });

    it('name its accounts only to those who have a key', async () => {
      const known = JSON.stringify(
        (await documentFor({ authorization: 'Bearer a-key' })).components,
      );
      expect(known).toContain('slack:default/');
      const { Destination } = ((await documentFor({})).components?.schemas ?? {}) as Schemas;
      expect(Destination?.pattern).not.toContain('default');
    });
  });
});
