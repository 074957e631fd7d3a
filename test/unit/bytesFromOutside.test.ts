/**
 * Whatever comes from outside is a value or the error that is documented, and takes a moment. Compressed records, answers of platforms,
 * bodies of sources and signed links have properties of their own, beside their other tests.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withKeyOfHeader } from '../../src/api/idempotencyKey.js';
import { Problem } from '../../src/api/problem.js';
import { parseJsonBytes } from '../../src/api/requestBody.js';
import { parseParameters } from '../../src/api/requestParameters.js';
import { answerText } from '../../src/http/answerText.js';
import { retryAfterMs } from '../../src/http/retryAfter.js';
import { statedStatus } from '../../src/http/statedStatus.js';
import { readRecord } from '../../src/ingest/readRecord.js';
import { ConfigurationError } from '../../src/lib/configurationError.js';
import { readVariables, VARIABLE_NAMES } from '../../src/lib/environment.js';
import { Secret } from '../../src/lib/secret.js';
import { checkSignedLink } from '../../src/links/postLinks.js';
import { headersOf, readContent } from '../../src/queues/sqs/content.js';
import { entraToken } from '../../src/sources/azure-monitor/entra.js';
import { parseJson } from '../../src/sources/json.js';
import { Unusable } from '../../src/sources/source.js';
import { isCursor } from '../../src/store/search/cursor.js';
import { expectProcessorMsBelow } from '../processorTime.js';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';

const LINKS = {
  kind: 'signed' as const,
  secrets: [new Secret({ env: 'S' }, { S: 'a secret of this test' })],
  validForMs: 60_000,
};

/** The same texts in each run: what fails once can be looked at. */
const SEED = 20_261_126;

type ErrorType = abstract new (...args: never[]) => Error;

/** By what it reads: the parser, and the only error that it throws. */
const PARSERS: Record<string, [parse: (text: string) => unknown, error?: ErrorType]> = {
  'a query string or a form': [parseParameters, Problem],
  'the body of a request': [(text) => parseJsonBytes(bytesOf(text), 10_000_000), Problem],
  'the body of a source': [(text) => parseJson(bytesOf(text)), Unusable],
  'the header Idempotency-Key': [(text) => withKeyOfHeader({}, text, 'key'), Problem],
  'a cursor': [isCursor],
  'a signed link': [(text) => checkSignedLink('key', text, LINKS)],
  'the header Retry-After': [(text) => retryAfterMs([text, `1, ${text}`], text)],
  'the answer of a platform': [(text) => answerText(bytesOf(text), `text/html; charset=${text}`)],
  'a status within an answer': [statedStatus],
  'a record of a queue': [
    (text) =>
      readRecord(recordOf(text), { source: undefined, tenant: undefined, maxAgeMs: undefined }, []),
    Problem,
  ],
  'a message of SQS': [
    (text) => {
      const packed = { StringValue: text, DataType: 'String' };
      const MessageAttributes = {
        'sendproof-attributes': packed,
        'sendproof-encoding': { StringValue: 'gzip', DataType: 'String' },
      };
      return headersOf(readContent({ Body: text, MessageAttributes }).attributes);
    },
  ],
  'the environment': [
    (text) => readVariables(Object.fromEntries(VARIABLE_NAMES.map((name) => [name, text]))),
    ConfigurationError,
  ],
};

/** Each character is a byte, so that ill-formed UTF-8 comes too. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function recordOf(text: string) {
  return {
    id: 'topic/0/1',
    orderedBy: undefined,
    headers: {
      'content-type': text,
      'idempotency-key': text,
      'sendproof-intake': text,
      'sendproof-request': text,
    },
    body: bytesOf(text),
    sentAt: new Date(),
    moveToDeadLetters: () => Promise.resolve(),
  };
}

const PIECES = [
  ...[
    '{"a":',
    '[',
    '"',
    '\\u',
    '\\',
    ':',
    ',',
    '}',
    ']',
    '1e999',
    'null',
    '__proto__',
    'constructor',
  ],
  ...['=', '&', '%', '%ff', '+', ';', ' ', '\t', '\r\n', '\0', '\u00ff', '\u2028', '\ud800', '🔥'],
  ...['Bearer ', 'eyJhbGciOiJub25lIn0', '.', '-', '00-', '9'.repeat(20), 'Mon, 01 Jan', 'true'],
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }).map((pieces) => pieces.join('')),
  fc.json(),
  fc.base64String(),
);

describe.each(Object.entries(PARSERS))('%s', (_what, [parse, error]) => {
  const isDocumented = (work: () => unknown): void => {
    try {
      work();
    } catch (thrown) {
      if (error === undefined) throw thrown;
      expect(thrown).toBeInstanceOf(error);
    }
  };

  it('is read, or refused by its error', () => {
    fc.assert(
      fc.property(text, (given) => isDocumented(() => parse(given))),
      { seed: SEED },
    );
  });

  it('takes a moment, however long and repetitive it is', () => {
    for (const piece of PIECES) {
      const long = piece.repeat(Math.ceil(30_000 / piece.length));
      expectProcessorMsBelow(500, () => isDocumented(() => parse(long)));
    }
  });
});

it('a token of Azure is refused, and never an error', async () => {
  const source = entraToken({
    tenant: '0a1b2c3d-0000-4000-8000-000000000001',
    audience: 'api://us',
  });
  const part = fc.oneof(
    text,
    fc.constantFrom('eyJhbGciOiJub25lIn0', 'eyJhbGciOiJIUzI1NiJ9', 'e30'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
      const headers = { authorization: `Bearer ${parts.join('.')}` };
      const request = { id: '', method: 'POST', headers, query: new URLSearchParams(), token: '' };
      const verdict = await source.verify({ ...request, body: Buffer.alloc(0) });
      expect(verdict).toHaveProperty('refusedBecause');
    }),
    { seed: SEED },
  );
});

describe('headers of a request', () => {
  let intake: IntakeApi;
  beforeAll(async () => {
    intake = await startIntakeApi({ SENDPROOF_API_KEYS: 'k'.repeat(40) });
  });
  afterAll(() => intake.close());

  const name = fc.constantFrom(
    ...[
      'authorization',
      'cookie',
      'traceparent',
      'tracestate',
      'baggage',
      'idempotency-key',
      'prefer',
    ],
    ...[
      'accept',
      'origin',
      'sec-fetch-site',
      'x-forwarded-proto',
      'content-encoding',
      'content-type',
    ],
  );
  /** What a client can put into a header at all. */
  const value = text.map((given) => given.replace(/[^\t\x20-\x7e\u0080-\u00ff]/g, '').trim());

  it.each([
    ['POST', '/v1/messages'],
    ['POST', '/v1/messages/batch'],
    ['GET', '/messages'],
    ['POST', '/messages/k/retry'],
  ])('never fail %s %s', async (method, path) => {
    const body = JSON.stringify({
      deduplicationKey: 'k',
      destinations: [OPS],
      content: { text: 'x' },
    });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 4 }), async (odd) => {
        const headers = {
          authorization: `Bearer ${'k'.repeat(40)}`,
          'content-type': 'application/json',
          ...odd,
        };
        const answer = await fetch(intake.api.url + path, {
          method,
          headers,
          redirect: 'manual',
          ...(method === 'POST' && { body }),
        });
        await answer.arrayBuffer();
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: 25, seed: SEED },
    );
  });
});
