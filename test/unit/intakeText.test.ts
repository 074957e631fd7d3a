/** Whatever enters the API is Unicode text, or is refused with the field that isn't. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { discardBodySchema } from '../../src/api/schema/requests.js';
import { destinationSchema, parseDestination } from '../../src/domain/destination.js';
import {
  contentSchema,
  deduplicationKeySchema,
  readableKeySchema,
} from '../../src/domain/message.js';
import { openApi } from '../openapiOperations.js';
import { inputOf, OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';
import { rawRequest, type RawAnswer } from './rawRequest.js';

interface Problem {
  type: string;
  detail: string;
  errors?: { field: string; detail: string }[];
}

const JSON_TYPE = 'Content-Type: application/json';

let intake: IntakeApi;
beforeAll(async () => {
  intake = await startIntakeApi();
});
afterAll(() => intake.close());
beforeEach(() => {
  intake.starts.length = 0;
  intake.calls.length = 0;
});

function post(path: string, body: Buffer | string, headers: string[] = []): Promise<RawAnswer> {
  return rawRequest(intake.api.url, `POST ${path}`, [JSON_TYPE, ...headers], Buffer.from(body));
}

function fieldsOf({ body }: RawAnswer): string[] | undefined {
  return (body as Problem).errors?.map(({ field }) => field);
}

const message = {
  deduplicationKey: 'a-key',
  destinations: [OPS],
  content: { text: 'Disk full' },
};

/** JSON with the bytes at the mark in place of it. */
function withBytes(value: object, bytes: number[]): Buffer {
  const [before = '', after = ''] = JSON.stringify(value).split('@@');
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}

describe('a body', () => {
  const NOT_UTF8: [string, number[]][] = [
    ['a Latin-1 letter', [0xe9]],
    ['a truncated sequence', [0xe2, 0x82]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['a surrogate as CESU-8', [0xed, 0xa0, 0x80]],
    ['a code point beyond Unicode', [0xf5, 0x80, 0x80, 0x80]],
  ];
  const PLACES: [string, string, object][] = [
    ['a key', '/v1/messages', { ...message, deduplicationKey: 'alert-@@' }],
    ['a text', '/v1/messages', { ...message, content: { text: 'x@@' } }],
    ['a field’s name', '/v1/messages', { ...message, '@@': 1 }],
    ['a batch', '/v1/messages/batch', { messages: [message, { ...message, extra: '@@' }] }],
    ['a decision', '/v1/messages/a-key/discard', { by: '@@', reason: 'x' }],
    ['a bulk decision', '/v1/dead-letters/retry', { filter: {}, by: 'x', reason: '@@' }],
  ];

  it.each(
    PLACES.flatMap(([place, ...rest]) =>
      NOT_UTF8.map((kind) => [place, kind[0], rest, kind[1]] as const),
    ),
  )(
    'with, in %s, %s is refused as no UTF-8, and nothing is started',
    async (_place, _kind, [path, value], bytes) => {
      const answer = await post(path, withBytes(value, bytes));
      expect(answer).toMatchObject({ status: 400, body: { type: 'malformed_text' } });
      expect(intake.starts).toEqual([]);
    },
  );

  it.each([
    ['UTF-16', Buffer.from(`\uFEFF${JSON.stringify(message)}`, 'utf16le')],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0])],
  ])('in %s is refused', async (_, bytes) => {
    expect((await post('/v1/messages', bytes)).status).toBe(400);
  });

  it('may begin with a byte-order mark', async () => {
    const answer = await post('/v1/messages', `\uFEFF${JSON.stringify(message)}`);
    expect(answer.status).toBe(202);
  });

  it('never makes one key of two', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 6 }), async (bytes) => {
        intake.starts.length = 0;
        const body = withBytes({ ...message, deduplicationKey: 'k@@' }, [...bytes]);
        const answer = await post('/v1/messages', body);
        expect(answer.status).toBeLessThan(500);
        if (answer.status !== 202) return;
        // Each byte that was sent is in the key: through JSON, only its own escapes are written otherwise.
        const sent = Buffer.from(bytes);
        if (!sent.includes(0x5c) && !sent.includes(0x22)) {
          expect(Buffer.from(intake.starts[0]?.workflowId ?? '')).toEqual(
            Buffer.concat([Buffer.from('k'), sent]),
          );
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('half of a surrogate pair', () => {
  const LONE = ['\uD83D', 'x\uDE00y', '\uDC00\uD800'];
  const FIELDS: [string, string, (text: string) => object][] = [
    ['/v1/messages', 'content.text', (text) => ({ ...message, content: { text } })],
    ['/v1/messages', 'content.title', (title) => ({ ...message, content: { text: 'x', title } })],
    ['/v1/messages', 'deduplicationKey', (text) => ({ ...message, deduplicationKey: text })],
    ['/v1/messages', 'destinations.0', (text) => ({ ...message, destinations: [text] })],
    [
      '/v1/messages',
      'correlation.source',
      (text) => ({ ...message, correlation: { source: text } }),
    ],
    [
      '/v1/messages',
      'correlation.reference',
      (text) => ({ ...message, correlation: { reference: text } }),
    ],
    [
      '/v1/messages',
      'correlation.url',
      (text) => ({ ...message, correlation: { url: `https://x.example/${text}` } }),
    ],
    [
      '/v1/messages',
      'acknowledge.url',
      (text) => ({ ...message, acknowledge: { url: `https://x.example/${text}` } }),
    ],
    ['/v1/messages', 'retryProfile', (retryProfile) => ({ ...message, retryProfile })],
    ['/v1/messages/a-key/retry', 'by', (by) => ({ by })],
    ['/v1/messages/a-key/discard', 'reason', (reason) => ({ by: 'x', reason })],
    ['/v1/dead-letters/discard', 'by', (by) => ({ filter: {}, by, reason: 'x' })],
  ];

  it.each(
    FIELDS.flatMap(([path, field, make]) => LONE.map((text) => [path, field, text, make] as const)),
  )('at %s in %s is a 400 that names the field: %j', async (path, field, text, make) => {
    const answer = await post(path, JSON.stringify(make(text)));
    expect(answer).toMatchObject({ status: 400, body: { type: 'invalid_request' } });
    expect(fieldsOf(answer)).toContain(field);
    expect(fieldsOf(answer)?.filter((each) => each === field)).toHaveLength(1);
    expect(intake.calls).toEqual([]);
  });

  it('refuses one message of a batch, and none beside it', async () => {
    const messages = [
      { ...message, content: { text: '\uD800' } },
      message,
      { ...message, deduplicationKey: 'b-key', ['\uD800']: 1 },
      { ...message, deduplicationKey: 'c-key' },
    ];
    const { status, body } = await post('/v1/messages/batch', JSON.stringify({ messages }));
    expect(status).toBe(200);
    const { results } = body as { results: { status: number; problem?: Problem }[] };
    expect(results.map((each) => each.status)).toEqual([400, 202, 400, 202]);
    expect(results[0]?.problem?.errors?.[0]?.field).toBe('content.text');
  });

  it('is no reason to refuse a whole pair', async () => {
    const text = JSON.stringify({ ...message, content: { text: '@@' } }).replace(
      '@@',
      '\\ud83d\\ude00',
    );
    expect((await post('/v1/messages', text)).status).toBe(202);
    expect(inputOf(intake.starts[0])).toMatchObject({ content: { text: '😀' } });
  });
});

describe('control characters', () => {
  const CONTROLS = ['\0', '\n', '\u001B[31m', '\u007F', '\u0085', '\u2028', '\u202E', '\u2066'];
  const FIELDS: [string, (text: string) => object][] = [
    ['deduplicationKey', (text) => ({ deduplicationKey: `a${text}b` })],
    ['destinations.0', (text) => ({ destinations: [`slack:default/C0${text}`] })],
    ['correlation.source', (text) => ({ correlation: { source: `a${text}` } })],
    ['correlation.reference', (text) => ({ correlation: { reference: `${text}5` } })],
    ['correlation.url', (text) => ({ correlation: { url: `https://x.example/${text}/a` } })],
  ];

  it.each(FIELDS.flatMap(([field, make]) => CONTROLS.map((text) => [field, text, make] as const)))(
    'are refused in %s: %j',
    async (field, text, make) => {
      const answer = await post('/v1/messages', JSON.stringify({ ...message, ...make(text) }));
      expect(answer.status).toBe(400);
      expect(fieldsOf(answer)).toEqual([field]);
    },
  );

  it.each(['\u200B', '\u200D', '\uFEFF', '\u00AD', '\u2060'])(
    'that no reader sees are refused in a key: %j',
    async (invisible) => {
      const body = { ...message, deduplicationKey: `a${invisible}b` };
      expect(fieldsOf(await post('/v1/messages', JSON.stringify(body)))).toEqual([
        'deduplicationKey',
      ]);
    },
  );

  it.each(['👩‍🚒 fire', 'نمی‌خواهم', 'größe→1', '部署-55', 'a"b\\c'])(
    'are not what scripts and emoji are written with: %s',
    async (reference) => {
      const body = { ...message, correlation: { source: reference, reference } };
      expect((await post('/v1/messages', JSON.stringify(body))).status).toBe(202);
    },
  );

  it('of terminals are taken out of the content, and the words stay', async () => {
    const content = {
      title: '\u001B[1mDisk\u001B[0m full\0',
      text: '\u001B[31mdb-1\u001B[0m\r\n\tsee \u001B]8;;https://x.example/\u0007log\u001B]8;;\u0007',
    };
    expect((await post('/v1/messages', JSON.stringify({ ...message, content }))).status).toBe(202);
    expect(inputOf(intake.starts[0])).toMatchObject({
      content: { title: 'Disk full', text: 'db-1\n\tsee log (https://x.example/)' },
    });
  });

  it('alone are no content', async () => {
    const body = { ...message, content: { text: '\u001B[31m\0 \u001B[0m' } };
    expect(fieldsOf(await post('/v1/messages', JSON.stringify(body)))).toEqual(['content.text']);
  });
});

/** What Unicode calls ignorable by default, and what else shows nothing. */
const INVISIBLE_RANGES = [
  ...[[0xad], [0x34f], [0x61c], [0x115f, 0x1160], [0x17b4, 0x17b5], [0x180b, 0x180f]],
  ...[[0x200b, 0x200f], [0x202a, 0x202e], [0x2060, 0x206f], [0x2800], [0x3164], [0xfe00, 0xfe0f]],
  ...[[0xfeff], [0xffa0], [0xfff0, 0xfffb], [0x13430, 0x1343f], [0x16fe4], [0x1bca0, 0x1bca3]],
  ...[[0x1d159], [0x1d173, 0x1d17a], [0xe0000, 0xe0fff]],
] as const;
const invisible = fc
  .constantFrom(...INVISIBLE_RANGES)
  .chain(([min, max = min]) => fc.integer({ min, max }))
  .map((code) => String.fromCodePoint(code));
const invisibles = fc.array(invisible, { minLength: 1, maxLength: 10 }).map((all) => all.join(''));

/** Of emoji and ideographs, and of Mongolian. */
function isSelector(code: number): boolean {
  return (
    (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0x180b && code <= 0x180f && code !== 0x180e)
  );
}

/** The fields that a schema refuses. */
function refused(schema: z.ZodType, value: unknown): string[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return [...new Set(issues.map(({ path }) => path.join('.')))];
}

/** Written with selectors, joiners and tags that a reader sees by what they change. */
const SEEN = [
  ...[
    '⚠️ disk',
    'ℹ️',
    '1️⃣ first',
    '☎︎',
    '❤️‍🔥',
    '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}',
  ],
  ...['葛\u{E0100}城', 'ᠠ\u180B', '∩\uFE00', '👩🏽‍🚒', 'می‌خواهم', '한글', 'ㅤ한글', 'نص', '⠓⠊'],
];

describe('content that nobody can see', () => {
  it.each(['\u200B', '\uFEFF\u200D', ' \u2060\n', '\u00AD\u200E', '\u3164', '\u2800\u2800'])(
    'is blank: %j',
    async (text) => {
      for (const [field, content] of [
        ['content.text', { text }],
        ['content.title', { text: 'a', title: text }],
      ] as const) {
        const answer = await post('/v1/messages', JSON.stringify({ ...message, content }));
        expect(fieldsOf(answer)).toEqual([field]);
      }
    },
  );

  it('is blank, whatever of it there is', () => {
    const spaces = fc.constantFrom('', ' ', '\n', '\u3000', '\u001B[31m');
    fc.assert(
      fc.property(spaces, invisibles, spaces, (before, text, after) => {
        const nothing = before + text + after;
        expect(refused(contentSchema, { text: nothing })).toEqual(['text']);
        expect(refused(contentSchema, { text: 'a', title: nothing })).toEqual(['title']);
        const decision = { by: nothing, reason: 'resolved' };
        expect(refused(discardBodySchema, decision)).toEqual(['by']);
      }),
    );
  });

  it('is content with one visible character, whatever is around it', () => {
    fc.assert(
      fc.property(
        invisibles,
        fc.constantFrom('a', '0', '⚠', '한', '部', '\u0301'),
        (text, seen) => {
          expect(refused(contentSchema, { text: text + seen + text })).toEqual([]);
        },
      ),
    );
  });

  it.each(SEEN)('is not what emoji and scripts are written with: %s', (text) => {
    expect(refused(contentSchema, { text, title: text })).toEqual([]);
    expect(contentSchema.parse({ text }).text).toBe(text);
  });
});

describe('a key with characters that nobody sees', () => {
  it('is refused, and so is a destination', () => {
    // A selector after a digit or a letter changes nothing.
    fc.assert(
      fc.property(fc.constantFrom('', 'alert-', '5'), invisibles, (before, text) => {
        expect(refused(deduplicationKeySchema, `${before}${text}z`)).toEqual(['']);
        expect(refused(destinationSchema, `slack:default/C0${text}`)).toEqual(['']);
      }),
    );
  });

  it.each([
    ['\u{E0041}', 'U+E0041'],
    ['\uFE0F', 'U+FE0F'],
    ['\u{1D173}', 'U+1D173'],
  ])('says which: %j', async (text, name) => {
    const body = { ...message, deduplicationKey: `a${text}b` };
    const answer = await post('/v1/messages', JSON.stringify(body));
    expect(fieldsOf(answer)).toEqual(['deduplicationKey']);
    expect((answer.body as Problem).detail).toContain(name);
  });

  it.each(SEEN.filter((text) => !/\u200C|\u200D|\u3164/.test(text)))(
    'is none where they change what is before them: %s',
    (key) => {
      expect(refused(deduplicationKeySchema, key)).toEqual([]);
      expect(refused(deduplicationKeySchema, `${key} disk`)).toEqual([]);
    },
  );

  it('can be read where an earlier release accepted it', () => {
    for (const key of ['a\u3164', 'a\uFE0Fb', '\u{E0041}']) {
      expect(refused(readableKeySchema, key)).toEqual([]);
      expect(parseDestination(`slack:default/${key}`)).toMatchObject({ path: key });
    }
  });

  it('is refused by the documented pattern, with and without the flag u', () => {
    const { pattern } = z
      .object({ pattern: z.string() })
      .parse(openApi.components.schemas.DeduplicationKey);
    fc.assert(
      fc.property(invisible, (character) => {
        // A pattern has no class for what is beyond the Basic Multilingual Plane, or depends on what is before it.
        const code = character.codePointAt(0) ?? 0;
        const isLeftToTheServer = code > 0xffff || isSelector(code);
        expect(new RegExp(pattern, 'u').test(`a${character}b`)).toBe(isLeftToTheServer);
        if (code <= 0xffff) {
          expect(new RegExp(pattern).test(`a${character}b`)).toBe(isLeftToTheServer);
        }
      }),
    );
  });
});

it('names a misspelt field of a destination with fallbacks', async () => {
  for (const misspelt of [{ fallbak: [] }, { fallback: [OPS], fallbackafter: '1m' }]) {
    const destinations = [{ destination: OPS, ...misspelt }];
    const { body } = await post('/v1/messages', JSON.stringify({ ...message, destinations }));
    expect((body as Problem).detail).toMatch(/fallbak|fallbackafter/);
  }
});

describe('percent-encoding that is no UTF-8', () => {
  it.each(['%FF', '%C0%80', '%ED%A0%80', '%E2%82', '%zz', '%'])(
    'is a 400 in a path and in each parameter: %s',
    async (encoded) => {
      for (const path of [
        `/v1/messages/${encoded}`,
        `/v1/messages/${encoded}/timeline`,
        `/v1/messages?source=${encoded}`,
        `/v1/messages?${encoded}=x`,
        `/v1/dead-letters?destination=${encoded}`,
        `/v1/messages/a-key?wait=${encoded}`,
        `/messages/${encoded}`,
        `/messages?q=${encoded}`,
      ]) {
        const answer = await rawRequest(intake.api.url, `GET ${path}`);
        expect(answer.status, path).toBe(400);
      }
      expect(intake.calls).toEqual([]);
    },
  );

  it('is a 400 that names the parameter', async () => {
    const answer = await rawRequest(intake.api.url, 'GET /v1/messages?source=%FF&reference=55');
    expect(fieldsOf(answer)).toEqual(['source']);
  });

  it('is a 400 in the form of a page', async () => {
    const answer = await rawRequest(
      intake.api.url,
      'POST /messages/a-key/discard',
      ['Sec-Fetch-Site: same-origin', 'Content-Type: application/x-www-form-urlencoded'],
      Buffer.from('by=%FF&reason=x'),
    );
    expect(answer.status).toBe(400);
  });
});

describe('what is sent twice', () => {
  it.each(['Idempotency-Key', 'Authorization', 'Content-Type', 'Content-Encoding', 'Origin'])(
    'as the header %s is a 400 that names it',
    async (name) => {
      for (const [one, other] of [
        ['K', 'K'],
        ['K', 'L'],
      ]) {
        const answer = await rawRequest(
          intake.api.url,
          'POST /v1/messages',
          [
            ...(name === 'Content-Type' ? [] : [JSON_TYPE]),
            `${name}: ${one}`,
            `${name.toLowerCase()}: ${other}`,
          ],
          Buffer.from(JSON.stringify(message)),
        );
        expect(answer.status).toBe(400);
        expect(fieldsOf(answer)).toEqual([name.toLowerCase()]);
      }
      expect(intake.starts).toEqual([]);
    },
  );

  it('and joined by a proxy is a 400 too', async () => {
    const answer = await post('/v1/messages', JSON.stringify(message), [
      'Idempotency-Key: "K", "L"',
    ]);
    expect(fieldsOf(answer)).toEqual(['idempotency-key']);
  });

  it('as traceparent begins a new trace, and the message is accepted', async () => {
    const ids = ['4bf92f3577b34da6a3ce929d0e0e4736', '0af7651916cd43dd8448eb211c80319c'];
    const headers = ids.map((id) => `traceparent: 00-${id}-00f067aa0ba902b7-01`);
    const { status, body } = await post('/v1/messages', JSON.stringify(message), headers);
    expect(status).toBe(202);
    expect(ids).not.toContain((body as { traceId: string }).traceId);
  });

  it.each([
    ['/v1/messages?source=a&source=b', 'source'],
    ['/v1/messages?limit=1&limit=1', 'limit'],
    ['/v1/dead-letters?reason=timeout&reason=timeout', 'reason'],
    ['/v1/messages/a-key?wait=1s&wait=2s', 'wait'],
  ])('as a query parameter is a 400 that names it: %s', async (path, field) => {
    const answer = await rawRequest(intake.api.url, `GET ${path}`);
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer)).toEqual([field]);
    expect((answer.body as Problem).detail).toContain('once');
  });
});
