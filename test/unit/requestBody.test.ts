/** Which bodies the API reads: JSON in UTF-8, perhaps compressed, of a bounded size. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';
import { rawRequest, type RawAnswer } from './rawRequest.js';

let intake: IntakeApi;
beforeAll(async () => {
  intake = await startIntakeApi();
});
afterAll(() => intake.close());
beforeEach(() => {
  intake.starts.length = 0;
});

const message = { deduplicationKey: 'größe-1', destinations: [OPS], content: { text: 'Ä' } };
const json = Buffer.from(JSON.stringify(message));

function post(body: Buffer, ...headers: string[]): Promise<RawAnswer> {
  return rawRequest(intake.api.url, 'POST /v1/messages', headers, body);
}

describe('the content type', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=UTF8',
    'application/json;charset=utf-8',
    'application/json; charset="utf-8"',
    'application/json; charset = UTF-8 ; profile=x',
    'application/json; charset=unicode-1-1-utf-8',
    'application/json; charset=us-ascii',
    'application/json; charset=',
  ])('%s is read as UTF-8', async (type) => {
    expect((await post(json, `Content-Type: ${type}`)).status).toBe(202);
    expect(intake.starts[0]?.workflowId).toBe('größe-1');
  });

  it.each(['latin1', 'ISO-8859-1', 'utf-16', 'utf-16le', 'windows-1252', 'utf-7', 'klingon'])(
    'with the charset %s is a 415 that says what to send',
    async (charset) => {
      const answer = await post(json, `Content-Type: application/json; charset=${charset}`);
      expect(answer).toMatchObject({ status: 415, body: { type: 'unsupported_media_type' } });
      expect((answer.body as { detail: string }).detail).toContain('UTF-8');
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
    '%j is a 415',
    async (type) => {
      const headers = type === '' ? [] : [`Content-Type: ${type}`];
      expect((await post(json, ...headers)).status).toBe(415);
    },
  );
});

describe('a compressed body', () => {
  const TYPE = 'Content-Type: application/json';
  const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, GZIP: gzipSync };
  const codings = Object.entries(COMPRESS);

  it.each(codings)('is accepted: %s', async (coding, compress) => {
    const answer = await post(compress(json), TYPE, `Content-Encoding: ${coding}`);
    expect(answer.status).toBe(202);
    expect(intake.starts[0]?.workflowId).toBe('größe-1');
  });

  it.each(codings)(
    'may hold as much as one that isn’t, and no more: %s',
    async (coding, compress) => {
      const sized = (characters: number) =>
        compress(
          JSON.stringify({
            ...message,
            content: { text: 'x'.repeat(30_000) },
            pad: 'x'.repeat(characters),
          }),
        );
      const within = await post(sized(400_000), TYPE, `Content-Encoding: ${coding}`);
      expect(within).toMatchObject({ status: 400, body: { type: 'invalid_request' } });
      for (const characters of [600_000, 50_000_000]) {
        const beyond = await post(sized(characters), TYPE, `Content-Encoding: ${coding}`);
        expect(beyond).toMatchObject({ status: 413, body: { type: 'body_too_large' } });
      }
    },
  );

  it.each(codings)(
    'that is truncated or no such compression is a 400: %s',
    async (coding, compress) => {
      const whole = compress(json);
      for (const body of [whole.subarray(0, whole.length - 6), whole.subarray(0, 3), json]) {
        const answer = await post(body, TYPE, `Content-Encoding: ${coding}`);
        expect(answer).toMatchObject({ status: 400, body: { type: 'malformed_body' } });
      }
      expect(intake.starts).toEqual([]);
    },
  );

  it('of bytes that are not UTF-8 is refused', async () => {
    const bytes = gzipSync(Buffer.from(json.toString(), 'latin1'));
    const answer = await post(bytes, TYPE, 'Content-Encoding: gzip');
    expect(answer).toMatchObject({ status: 400, body: { type: 'malformed_text' } });
  });

  it.each(['zstd', 'compress', 'gzip, br', 'snappy'])(
    'in an encoding that is not known is a 415 that lists those that are: %s',
    async (coding) => {
      const answer = await post(json, TYPE, `Content-Encoding: ${coding}`);
      expect(answer).toMatchObject({ status: 415, body: { type: 'unsupported_media_type' } });
      expect(answer.headers['accept-encoding']).toBe('gzip, deflate, br, identity');
    },
  );

  it('may be said not to be compressed', async () => {
    expect((await post(json, TYPE, 'Content-Encoding: identity')).status).toBe(202);
  });
});
