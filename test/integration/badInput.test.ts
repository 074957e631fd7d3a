import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPS, startHarness, type Harness, type ProblemBody } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ workers: false });
});
afterAll(() => harness.close());

const valid = {
  deduplicationKey: 'never-accepted',
  destinations: [OPS],
  content: { text: 'hello' },
};
const JSON_TYPE = { 'content-type': 'application/json' };

describe('bad input is refused with a problem document, and nothing is started:', () => {
  it.each<[string, object, string, string]>([
    ['a text that is a number', { content: { text: 5 } }, 'content.text', 'must be a text'],
    ['an empty text', { content: { text: '' } }, 'content.text', 'empty'],
    ['a blank text', { content: { text: ' \n ' } }, 'content.text', 'empty'],
    ['no content', { content: undefined }, 'content', 'is required'],
    ['an unknown field', { contents: {} }, '(whole body)', 'contents'],
    [
      'an unknown severity',
      { content: { text: 'x', severity: 'bad' } },
      'content.severity',
      'critical',
    ],
    ['no destinations', { destinations: [] }, 'destinations', 'at least one'],
    ['a destination twice', { destinations: [OPS, OPS] }, 'destinations', 'twice'],
    [
      'a destination that is none',
      { destinations: ['#ops'] },
      'destinations.0',
      '<platform>:<account>',
    ],
    [
      'an unknown platform',
      { destinations: ['irc:default/ops'] },
      'destinations.0',
      'slack, teams, teams-webhook',
    ],
    [
      'an unknown account',
      { destinations: [OPS, 'slack:other/C0123ABC'] },
      'destinations.1',
      'slack:other',
    ],
    ['a channel without its sign', { destinations: ['slack:default/ops'] }, 'destinations.0', '#'],
    [
      'an unknown webhook',
      { destinations: ['teams-webhook:default/nobody'] },
      'destinations.0',
      'incidents',
    ],
    ['an empty key', { deduplicationKey: '' }, 'deduplicationKey', 'empty'],
    ['a key that is too long', { deduplicationKey: 'k'.repeat(256) }, 'deduplicationKey', '255'],
    ['a key too long in bytes', { deduplicationKey: '€'.repeat(100) }, 'deduplicationKey', '255'],
    ['a key with a line break', { deduplicationKey: 'a\nb' }, 'deduplicationKey', 'printable'],
    ['a reserved key', { deduplicationKey: 'dlq/slack:default/C1' }, 'deduplicationKey', 'dlq/'],
    ['a priority out of range', { priority: 9 }, 'priority', '5'],
    ['an unknown onAmbiguous', { onAmbiguous: 'guess' }, 'onAmbiguous', 'resend'],
    [
      'a correlation URL that is none',
      { correlation: { url: 'javascript:x' } },
      'correlation.url',
      'http',
    ],
    ['a text too long', { content: { text: 'x'.repeat(132_000) } }, 'content.text', '128 KiB'],
    [
      'a text too long in bytes',
      { content: { text: '障'.repeat(45_000) } },
      'content.text',
      '128 KiB',
    ],
    [
      'a title too long',
      { content: { text: 'x', title: 'x'.repeat(1_001) } },
      'content.title',
      '1,000',
    ],
    ['a text that nobody sees', { content: { text: '\u200b' } }, 'content.text', 'empty'],
  ])('%s', async (_, change, field, word) => {
    const answer = await harness.request<ProblemBody>('POST', '/v1/messages', {
      ...valid,
      ...change,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ type: 'invalid_request', status: 400 });
    expect(answer.body.errors?.map((error) => error.field)).toEqual([field]);
    expect(answer.body.errors?.[0]?.detail).toContain(word);
  });

  it.each<[string, number, string, string, Record<string, string>]>([
    ['malformed JSON', 400, 'malformed_json', '{"content":', JSON_TYPE],
    ['a body that is no object', 400, 'invalid_request', '[1]', JSON_TYPE],
    ['no body', 400, 'invalid_request', '', JSON_TYPE],
    [
      'a body of 1 MB',
      413,
      'body_too_large',
      JSON.stringify({ ...valid, content: { text: 'x'.repeat(1_000_000) } }),
      JSON_TYPE,
    ],
    [
      'a form',
      415,
      'unsupported_media_type',
      'a=b',
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
    [
      'another character set',
      415,
      'unsupported_media_type',
      '{}',
      { 'content-type': 'application/json; charset=latin1' },
    ],
  ])('%s', async (_, status, type, body, headers) => {
    const answer = await harness.request<ProblemBody>('POST', '/v1/messages', body, headers);
    expect(answer).toMatchObject({ status, body: { type, status } });
    expect(answer.body.detail).not.toBe('');
  });

  it('all wrong fields at once are all named', async () => {
    const answer = await harness.request<ProblemBody>('POST', '/v1/messages', {
      destinations: 'everywhere',
      content: {},
    });
    expect(answer.body.errors?.map(({ field }) => field).sort()).toEqual([
      'content.text',
      'deduplicationKey',
      'destinations',
    ]);
  });

  it('a path that is not percent-encoded', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      httpRequest(`${harness.api.url}/v1/messages/%E0%A4%A`, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(400);
  });

  it('an unknown query parameter, status or cursor', async () => {
    for (const query of ['stat=confirmed', 'status=sent', 'cursor=!', 'limit=0', 'since=today']) {
      const answer = await harness.request<ProblemBody>('GET', `/v1/messages?${query}`);
      expect(answer, query).toMatchObject({ status: 400, body: { type: 'invalid_request' } });
    }
  });

  it.each([
    ['a time that Temporal doesn’t understand', '2026 0f1e2d3c-0000-4000-8000-000000000001'],
    [
      'a day that no month has',
      '2026-02-31T00:00:00.000000000Z 0f1e2d3c-0000-4000-8000-000000000001',
    ],
    [
      'an hour that no day has',
      '2026-11-23T24:00:00.000000000Z 0f1e2d3c-0000-4000-8000-000000000001',
    ],
    ['a run that is none', '2026-11-23T12:00:00.000000000Z abc'],
    ['more of a query', '2026-11-23T12:00:00.000000000Z" OR "1" = "1'],
    ['JSON', '{"startedAt":"2026-11-23T12:00:00.000000000Z"}'],
  ])('a cursor that was tampered with: %s', async (_, text) => {
    const cursor = Buffer.from(text).toString('base64url');
    for (const path of ['/v1/messages', '/v1/dead-letters']) {
      const answer = await harness.request<ProblemBody>('GET', `${path}?cursor=${cursor}`);
      expect(answer, path).toMatchObject({ status: 400, body: { type: 'invalid_request' } });
      expect(answer.body.errors?.map(({ field }) => field)).toEqual(['cursor']);
    }
  });

  it('none of it', async () => {
    const { count } = await harness.client.workflow.count();
    expect(count).toBe(0);
  });
});

describe('the API', () => {
  it('answers 404 with a problem for what it doesn’t have', async () => {
    expect(await harness.request('GET', '/v2/messages')).toMatchObject({
      status: 404,
      body: { type: 'not_found' },
    });
  });

  it('asks for an API key where keys are configured, and takes any of them', async () => {
    const keys = ['first-key', 'second-key'];
    const guarded = await startHarness({
      workers: false,
      environment: { SENDPROOF_API_KEYS: keys.join(', ') },
    });
    try {
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic x' }]) {
        const answer = await guarded.send(valid, headers as Record<string, string>);
        expect(answer).toMatchObject({ status: 401, body: { type: 'not_authenticated' } });
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
      for (const key of keys) {
        const answer = await guarded.send(
          { ...valid, deduplicationKey: key },
          { authorization: `Bearer ${key}` },
        );
        expect(answer.status).toBe(202);
      }
      expect((await guarded.request('GET', '/metrics')).status).toBe(401);
      expect((await guarded.request('GET', '/healthz')).status).toBe(200);
      expect((await guarded.request('GET', '/openapi.json')).status).toBe(200);
    } finally {
      await guarded.close();
    }
  });

  it('refuses to listen beyond this machine without API keys', async () => {
    await expect(startHarness({ environment: { HOST: '0.0.0.0' } })).rejects.toThrow(
      /SENDPROOF_API_KEYS/,
    );
  });

  it('is alive but not ready while no worker polls', async () => {
    expect((await harness.request('GET', '/healthz')).status).toBe(200);
    expect(await harness.request('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { checks: { temporal: true, worker: false } },
    });
    // For load balancers: what is sent meanwhile is kept.
    expect(await harness.request('GET', '/readyz?exclude=worker')).toMatchObject({
      status: 200,
      body: { status: 'ready', reasons: [], warnings: [expect.stringContaining('npm run worker')] },
    });
    expect(await harness.request('GET', '/readyz?exclude=temporal')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'exclude' }] },
    });
  });
});
