/** Numbers in addresses, environment variables and options are digits alone. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadLetterQuerySchema, messageQuerySchema } from '../../src/api/schema/requests.js';
import { readVariables, type VariableName } from '../../src/lib/environment.js';
import { parseWholeNumber } from '../../src/lib/wholeNumber.js';
import { operations } from '../openapiOperations.js';
import { runSendproof } from '../sendproofCommand.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';

/** What JavaScript's `Number` takes for a number, or for an integer. */
const OTHER_FORMS = [
  ...['0x10', '0b11', '0o17', '1e2', '1E2', '5.0', '5.', '.5e1', '+5', '-5', '-0', '005', '1_000'],
  ...['Infinity', '-Infinity', 'NaN', '５', '٥', '१', '5n', '5 5', '5,0', '1,000', 'true', 'null'],
];
/** These count where the value isn't trimmed before. */
const WITH_SPACE = [' 5', '5 ', '\t5', '5\n', '\u00A05', ' ', ''];

describe('a whole number', () => {
  it('is read from digits, and only from them', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        expect(parseWholeNumber(String(number))).toBe(number);
      }),
    );
    const nearNumber = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789 +-.,_exXbonN\n\t５')),
      maxLength: 12,
    });
    fc.assert(
      fc.property(nearNumber, (text) => {
        const expected = /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : undefined;
        expect(parseWholeNumber(text)).toBe(expected);
      }),
    );
  });

  it.each([...OTHER_FORMS, ...WITH_SPACE, '9'.repeat(17), '9'.repeat(400)])('is not %j', (text) => {
    expect(parseWholeNumber(text)).toBeUndefined();
  });
});

describe('limit', () => {
  let intake: IntakeApi;
  beforeAll(async () => {
    intake = await startIntakeApi();
  });
  afterAll(() => intake.close());

  it.each([...OTHER_FORMS, ...WITH_SPACE, '0', '1001', '9'.repeat(400)])(
    '%j is refused with the field’s name',
    async (limit) => {
      for (const path of ['/v1/messages', '/v1/dead-letters']) {
        const url = new URL(path, intake.api.url);
        url.searchParams.set('limit', limit);
        const answer = await fetch(url);
        expect(answer.status).toBe(400);
        expect(await answer.json()).toMatchObject({
          errors: [{ field: 'limit', detail: expect.stringContaining('from 1 to 1000') as string }],
        });
      }
    },
  );

  it.each([messageQuerySchema, deadLetterQuerySchema])('is 100, or as given', (schema) => {
    expect(schema.parse({}).limit).toBe(100);
    for (const limit of [1, 10, 1_000]) {
      expect(schema.parse({ limit: String(limit) }).limit).toBe(limit);
    }
  });

  it('is documented as an integer with its limits, default and example', () => {
    const limits = operations.flatMap(({ operation }) =>
      (operation.parameters ?? []).filter(({ name }) => name === 'limit'),
    );
    expect(limits).toHaveLength(2);
    for (const { schema } of limits) {
      expect(schema).toMatchObject({
        ...{ type: 'integer', minimum: 1, maximum: 1_000, default: 100, examples: [100] },
        description: 'The largest number of messages on the page.',
      });
    }
  });

  it('is the only number in a query', () => {
    const numbers = operations.flatMap(({ operation }) =>
      (operation.parameters ?? [])
        .filter(({ schema }) => /integer|number/.test(schema.type ?? ''))
        .map(({ name }) => name),
    );
    expect(new Set(numbers)).toEqual(new Set(['limit']));
  });
});

describe('an environment variable', () => {
  const numeric: VariableName[] = [
    ...(['PORT', 'SANDBOX_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'] as const),
    ...(['OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'] as const),
    'SENDPROOF_CACHED_WORKFLOWS',
  ];

  it.each(numeric)('%s takes digits alone', (name) => {
    expect(readVariables({ [name]: '300' })[name]).toBe(300);
    for (const text of OTHER_FORMS.filter((form) => form !== '005')) {
      expect(() => readVariables({ [name]: text }), text).toThrow(name);
    }
  });
});

describe('an option of the command line', () => {
  it.each([...OTHER_FORMS, ...WITH_SPACE, '0', '6'])('--priority=%s is refused', async (text) => {
    const run = await runSendproof([
      ...['send', 'slack:default/C0123ABC', '--text', 'hello', `--priority=${text}`],
    ]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('from 1 to 5');
  });

  it.each([...OTHER_FORMS, ...WITH_SPACE, '0'])('--limit=%s is refused', async (text) => {
    for (const command of ['list', 'dead-letters']) {
      const run = await runSendproof([command, `--limit=${text}`]);
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain('1 or more');
    }
  });
});
