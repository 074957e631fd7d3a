/** `GET /v1/sources`: what is configured, what came last, and no secret. */
import { afterAll, afterEach, expect, it } from 'vitest';
import { startTracing } from '../../../src/telemetry/tracing.js';
import { runSendproof } from '../../sendproofCommand.js';
import { startSourceApi, type SourceApi } from './sourceApi.js';

const TOKEN = 'token-that-nobody-sees';
const KEY = 'key-of-the-api';

let api: SourceApi;
afterEach(() => api.close());

// Each request has the trace id of its span.
const tracing = startTracing('sendproof-test');
afterAll(() => tracing.stop());

interface List {
  since: string;
  cursor?: string;
  sources: {
    name: string;
    url: string;
    requests: { outcome: string; status: number; reason?: string; messages: string[] }[];
    counts: Record<string, number>;
  }[];
}

async function list(
  query = '',
  headers: Record<string, string> = { authorization: `Bearer ${KEY}` },
) {
  const answer = await fetch(`${api.url}/v1/sources${query}`, { headers });
  return { status: answer.status, body: (await answer.json()) as List };
}

const start = (sources: Record<string, unknown>) =>
  startSourceApi(sources, { TOKEN, SENDPROOF_API_KEYS: KEY });

it('says of each source what came last, what it was answered and why', async () => {
  api = await start({
    ci: { type: 'slack-webhook', token: { env: 'TOKEN' }, respondWithin: '7s' },
    plain: { deduplicationWindow: '1h' },
    quiet: { type: 'alertmanager', basic: undefined, bearer: { env: 'TOKEN' } },
  });
  const post = (path: string, body: string) =>
    fetch(`${api.url}/v1/sources/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  await post(`ci/${TOKEN}`, '{"text":"Build 4711 failed"}');
  await post('ci/wrong', '{"text":"Build 4711 failed"}');
  await post(`ci/${TOKEN}`, 'nothing that can be read');

  const { body, status } = await list();
  expect(status).toBe(200);
  expect(body.sources.map(({ name }) => name)).toEqual(['ci', 'quiet']);
  const [ci, quiet] = body.sources;
  expect(ci).toMatchObject({
    type: 'slack-webhook',
    url: `${api.url}/v1/sources/ci/<token>`,
    authenticated: true,
    respondWithinMs: 7_000,
    deduplicationWindowMs: 24 * 3_600_000,
    messages: [],
    counts: { accepted: 1, refused: 1 },
  });
  expect(ci?.requests.map((each) => [each.outcome, each.status])).toEqual([
    ['unusable', expect.any(Number)],
    ['refused', 401],
    ['accepted', 200],
  ]);
  expect(ci?.requests[1]?.reason).toEqual(expect.any(String));
  expect(ci?.requests[2]?.messages).toHaveLength(1);
  expect(quiet).toMatchObject({ requests: [], counts: {} });
  expect(JSON.stringify(body)).not.toContain(TOKEN);
});

it('is for those with a key, and is no source', async () => {
  api = await start({ ci: { type: 'slack-webhook', token: { env: 'TOKEN' } } });
  expect((await list('', {})).status).toBe(401);
  expect((await list('?cursor=x')).status).toBe(400);
  const posted = await fetch(`${api.url}/v1/sources`, { method: 'POST', body: '{}' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
});

it('is paged, and `sendproof sources list` shows all of it', async () => {
  const names = Array.from({ length: 120 }, (_, at) => `source-${at}`);
  const one = { type: 'slack-webhook', token: { env: 'TOKEN' } };
  api = await start(Object.fromEntries(names.map((name) => [name, one])));
  const first = (await list()).body;
  const second = (await list(`?cursor=${first.cursor}`)).body;
  const third = (await list(`?cursor=${second.cursor}`)).body;
  const listed = [first, second, third].flatMap(({ sources }) => sources.map(({ name }) => name));
  expect(listed).toEqual(names);
  expect(third.cursor).toBeUndefined();

  const shown = await runSendproof(['sources', 'list'], {
    environment: { SENDPROOF_URL: api.url, SENDPROOF_API_KEY: KEY },
  });
  expect(shown.stdout.trim().split('\n')).toHaveLength(121);
});
