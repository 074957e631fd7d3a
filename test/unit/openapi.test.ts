import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { ACKNOWLEDGEMENT_EVENTS } from '../../src/domain/acknowledgement.js';
import { openApiDocument } from '../../src/api/schema/openapi.js';

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
      properties: { text: { maxLength: 40_000 }, title: { maxLength: 150 } },
    });
    expect(document.info.version).toBe('1.2.3');
  });

  it('describes the callbacks, with every event', () => {
    expect(document.webhooks).toMatchObject({
      acknowledgement: { post: { operationId: 'acknowledge' } },
    });
    expect(document.components?.schemas?.Acknowledgement).toMatchObject({
      properties: { type: { enum: [...ACKNOWLEDGEMENT_EVENTS] } },
    });
  });

  it('gives every operation a name, and every problem its media type', () => {
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
        expect(operation.operationId, `${method} ${path}`).toBeTruthy();
        for (const [status, response] of Object.entries(operation.responses)) {
          if (Number(status) < 400 || !response.content) continue;
          expect(Object.keys(response.content)).toEqual(['application/problem+json']);
        }
      }
    }
  });
});

interface Operation {
  operationId?: string;
  responses: Record<string, { content?: object }>;
}
