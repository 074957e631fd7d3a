/** A name that an object of a body has more than once is refused: readers of JSON disagree on which of its values counts. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noteRepeatedNames, repeatedNames } from '../../src/lib/repeatedNames.js';
import { expectProcessorMsBelow } from '../processorTime.js';
import { runSendproof } from '../sendproofCommand.js';
import { inputOf, OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';
import { rawRequest, type RawAnswer } from './rawRequest.js';

/** A value as it is written: objects with their names in order. */
type Written = string | { list: Written[] } | { fields: [string, Written][] };

/**
 * Without a name of one backslash: where objects with such a name were read before, `JSON.parse` of Node.js 24.21 (V8) takes the
 * backslash of an escaped name for the whole name, as that of `{"\\"":{},"\\"":1}`. Then nothing is repeated in what it reads.
 */
const NAMES = ['a', 'b', '', '__proto__', 'constructor', '0', '"', ':', '{"a":1}', 'ä', '😀'];
const SCALARS = ['1', '-0.5e3', 'true', 'null', '""', '"a:b"', '"{\\"a\\":1,\\"a\\":2}"', '"\\\\"'];

const { value: written } = fc.letrec<{ value: Written; list: Written; object: Written }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...SCALARS),
    tie('list'),
    tie('object'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }).map((list) => ({ list })),
  object: fc
    .array(fc.tuple(fc.constantFrom(...NAMES), tie('value')), { maxLength: 4 })
    .map((fields) => ({ fields })),
}));

/** In the spellings that JSON allows: with spaces, and with escapes. */
function asText(value: Written, isEscaped: boolean): string {
  const space = isEscaped ? ' \n' : '';
  if (typeof value === 'string') return `${space}${value}${space}`;
  if ('list' in value) return `[${value.list.map((each) => asText(each, isEscaped)).join(',')}]`;
  const fields = value.fields.map(([name, each], index) => {
    const plain = JSON.stringify(name);
    // Every second one.
    const spelt = isEscaped && index % 2 === 1 ? escaped(name) : plain;
    return `${space}${spelt}${space}:${asText(each, isEscaped)}`;
  });
  return `{${fields.join(',')}}`;
}

function escaped(name: string): string {
  const units = name.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}

/** The paths to what was repeated in the values that a reader keeps: the last of each name. */
function expectedIn(value: Written): string[] {
  if (typeof value === 'string') return [];
  if ('list' in value) {
    return value.list.flatMap((each, index) => expectedIn(each).map((path) => `${index}/${path}`));
  }
  const names = value.fields.map(([name]) => name);
  const repeated = names.filter((name, index) => names.indexOf(name) < index);
  const kept = new Map(value.fields);
  const inner = [...kept].flatMap(([name, each]) =>
    expectedIn(each).map((path) => `${name}/${path}`),
  );
  return [...new Set(repeated), ...inner];
}

function foundIn(text: string): { value: unknown; paths: string[] } {
  const value: unknown = JSON.parse(text);
  noteRepeatedNames(text, value);
  return { value, paths: repeatedNames(value).map((path) => path.join('/')) };
}

describe('the names that a text repeats', () => {
  it('are found wherever they are and however they are spelt, and nothing else is', () => {
    fc.assert(
      fc.property(written, fc.boolean(), (model, isEscaped) => {
        const text = asText(model, isEscaped);
        const { paths, value } = foundIn(text);
        const expected = expectedIn(model);
        expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(text)));
        if (expected.length === 0) expect(paths).toEqual([]);
        // At most 20 are kept, and those of values that were dropped are among them.
        else if (paths.length < 20) expect(paths).toEqual(expect.arrayContaining(expected));
        else expect(paths).toHaveLength(20);
      }),
      { numRuns: 500 },
    );
  });

  it('are none in what JSON writes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(foundIn(text).paths).toEqual([]);
      }),
    );
  });

  it('are those of each message of a batch, however many messages have some', () => {
    const message = '{"text":"x","content":{"text":1,"text":2}}';
    const { paths, value } = foundIn(
      `{"messages":[${Array.from({ length: 1_000 }, () => message).join(',')}],"messages2":1}`,
    );
    expect(paths).toHaveLength(20);
    for (const each of (value as { messages: unknown[] }).messages) {
      expect(repeatedNames(each)).toEqual([['content', 'text']]);
    }
  });

  it('take little time where there are very many, deep or not', () => {
    const deep = `${'['.repeat(150)}{"a":1,"a":2}${']'.repeat(150)}`;
    const wide = '{"a":1,"a":2}';
    for (const [each, times] of [
      [deep, 2_000],
      [wide, 40_000],
    ] as const) {
      const text = `{"list":[${Array.from({ length: times }, () => each).join(',')}],"list":[]}`;
      const value: unknown = JSON.parse(text);
      expectProcessorMsBelow(2_000, () => noteRepeatedNames(text, value));
      expect(repeatedNames(value)[0]).toEqual(['list']);
    }
  });

  it('of the outermost object are kept, whatever is repeated in it', () => {
    const inner = Array.from({ length: 30 }, () => '{"a":1,"a":2}').join(',');
    expect(foundIn(`{"list":[${inner}],"list":[${inner}]}`).paths).toContain('list');
  });
});

describe('a body with a repeated name', () => {
  let intake: IntakeApi;
  beforeAll(async () => {
    intake = await startIntakeApi();
  });
  afterAll(() => intake.close());
  beforeEach(() => {
    intake.starts.length = 0;
    intake.calls.length = 0;
  });

  function send(method: string, path: string, body: string, ...headers: string[]) {
    const all = ['Content-Type: application/json', ...headers];
    return rawRequest(intake.api.url, `${method} ${path}`, all, Buffer.from(body));
  }
  const errorsOf = ({ body }: RawAnswer) =>
    (body as { errors?: { field: string; detail: string }[] }).errors;

  const message = (more: string) =>
    `{"deduplicationKey":"k","destinations":["${OPS}"],"content":{"text":"disk full"}${more}}`;
  const decision = (more: string) => `{"by":"ana","reason":"invited"${more}}`;

  it.each([
    ['POST', '/v1/messages', message(',"deduplicationKey":"k2"'), 'deduplicationKey'],
    ['POST', '/v1/messages', message(',"deduplicationKey":"k"'), 'deduplicationKey'],
    ['POST', '/v1/messages', message(',"dedupl\\u0069cationKey":"k"'), 'deduplicationKey'],
    ['POST', '/v1/messages', message(',"content":{"text":"a","text":"b"}'), 'content.text'],
    ['POST', '/v1/messages', message(',"correlation":{"source":"a","source":"b"}'), 'source'],
    ['POST', '/v1/events', '{"key":"e","source":"s","title":"t","key":"f"}', 'key'],
    ['POST', '/v1/events', '{"key":"e","source":"s","labels":{"a":"1","a":"2"}}', 'labels.a'],
    ['POST', '/v1/messages/batch', '{"messages":[],"messages":[]}', 'messages'],
    ['POST', '/v1/events/batch', '{"events":[],"events":[]}', 'events'],
    ['POST', '/v1/messages/k/retry', decision(',"by":"bob"'), 'by'],
    ['POST', '/v1/messages/k/discard', decision(',"reason":"x"'), 'reason'],
    ['PATCH', '/v1/messages/k', '{"deliverAt":null,"deliverAt":null}', 'deliverAt'],
    ['POST', '/v1/dead-letters/retry', decision(',"filter":{},"filter":{}'), 'filter'],
    [
      ...(['POST', '/v1/dead-letters/discard'] as const),
      decision(`,"filter":{"destination":"${OPS}","destination":"${OPS}"}`),
      'filter.destination',
    ],
  ])('is a 400 that names it, and changes nothing: %s %s %s', async (method, path, body, field) => {
    const answer = await send(method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { type: 'invalid_request' } });
    expect(errorsOf(answer)).toContainEqual({
      field: expect.stringContaining(field) as string,
      detail: 'is there more than once: send it once',
    });
    expect(intake.calls).toEqual([]);
  });

  it('is refused with the key in the header, too', async () => {
    const body = message(',"priority":1,"priority":2').replace('"deduplicationKey":"k",', '');
    const answer = await send('POST', '/v1/messages', body, 'Idempotency-Key: k');
    expect(errorsOf(answer)?.map(({ field }) => field)).toEqual(['priority']);
  });

  it('is refused alone in a batch', async () => {
    const messages = [message(''), message(',"priority":1,"priority":1'), message('')];
    const { body } = await send('POST', '/v1/messages/batch', `{"messages":[${messages.join()}]}`);
    expect((body as { results: { status: number }[] }).results.map(({ status }) => status)).toEqual(
      [202, 400, 202],
    );
  });

  it('is not what has a name in two objects, or in a text', async () => {
    const text = JSON.stringify('{"text":1,"text":2} "text":');
    const body = message('').replace('"disk full"', `${text},"title":"text"`);
    expect((await send('POST', '/v1/messages', body)).status).toBe(202);
    expect(inputOf(intake.starts[0])).toMatchObject({ content: { title: 'text' } });
  });

  it('names a long one in short', async () => {
    const name = JSON.stringify('x'.repeat(100_000));
    const answer = await send('POST', '/v1/messages', message(`,${name}:1,${name}:2`));
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body).length).toBeLessThan(2_000);
  });
});

it('names the line of a file of messages that has one, and sends nothing', async () => {
  const lines = ['{"content":{"text":"a"}}', '{"content":{"text":"a","text":"b"}}'];
  const run = await runSendproof(['send-batch', '-'], { stdin: lines.join('\n') });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('Line 2 has "content.text" more than once');
});
