import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { startApi, type Api } from '../../../src/api/server.js';
import { loadConfiguration } from '../../../src/config/configuration.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';
import { ContentEncryption } from '../../../src/temporal/encryption/contentEncryption.js';
import { clientAnsweredBy } from '../temporalService.js';

interface Body {
  payloads: { metadata: Record<string, string>; data: string }[];
}

const UI = 'https://temporal.example.com';
const apiKey = `key-${randomBytes(16).toString('hex')}`;

let directory: string;
let api: Api;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-codec-'));
  const file = join(directory, 'sendproof.yaml');
  const keys = [{ id: 'k1', key: { env: 'KEY_1' } }];
  await writeFile(file, JSON.stringify({ encryption: { keys, webUi: UI } }));
  const configuration = loadConfiguration({
    PORT: '0',
    SENDPROOF_API_KEYS: apiKey,
    SENDPROOF_CONFIG: file,
    KEY_1: randomBytes(32).toString('hex'),
    TEMPORAL_UI_URL: 'http://127.0.0.1:8233',
  });
  api = await startApi({
    configuration,
    encryption: new ContentEncryption(configuration.encryption),
    client: clientAnsweredBy(() => ({})),
    metrics: { metrics: createMetrics() },
    log: pino({ level: 'silent' }),
  });
});
afterAll(async () => {
  await api.close();
  await rm(directory, { recursive: true });
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(new URL(path, api.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'x-namespace': 'default',
      ...headers,
    },
    body: JSON.stringify(body),
  });

const base64 = (text: string) => Buffer.from(text).toString('base64');
const plain = (text: string) => ({
  metadata: { encoding: base64('json/plain') },
  data: base64(JSON.stringify(text)),
});

describe('the codec server', () => {
  it('decrypts what it has encrypted, beside what is in clear and what it can’t read', async () => {
    const texts = [plain('disk full'), plain('größe → 😀')];
    const encoded = (await (await post('/v1/codec/encode', { payloads: texts })).json()) as Body;
    expect(encoded.payloads[0]?.metadata).toMatchObject({
      encoding: base64('binary/encrypted'),
      'encryption-key-id': base64('k1'),
    });
    const [first] = encoded.payloads;
    const lost = { ...first, metadata: { ...first?.metadata, 'encryption-key-id': base64('k0') } };
    const answer = await post('/v1/codec/decode', {
      payloads: [...encoded.payloads, plain('sent before'), lost, {}],
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      payloads: [
        ...texts,
        plain('sent before'),
        plain(
          'Its content is encrypted with the key k0, which this installation doesn’t have. Add the key under encryption.keys.',
        ),
        { metadata: {}, data: '' },
      ],
    });
  });

  it('takes no payloads, and refuses what are none', async () => {
    expect(await (await post('/v1/codec/decode', { payloads: [] })).json()).toEqual({
      payloads: [],
    });
    for (const body of [
      {},
      [],
      { payloads: null },
      { payloads: [null] },
      { payloads: [{ data: 'not base64!' }] },
      { payloads: [{ metadata: { encoding: 7 } }] },
    ]) {
      expect((await post('/v1/codec/decode', body)).status).toBe(400);
    }
  });

  it('needs an API key', async () => {
    for (const path of ['/v1/codec/decode', '/v1/codec/encode']) {
      const { status } = await post(path, { payloads: [] }, { authorization: 'Bearer other' });
      expect(status).toBe(401);
    }
  });

  const ask = (path: string, origin: string) =>
    fetch(new URL(path, api.url), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-namespace',
      },
    });

  it.each([UI, 'http://127.0.0.1:8233', 'http://localhost:8233'])(
    'lets the page at %s decrypt and encrypt',
    async (origin) => {
      for (const path of ['/v1/codec/decode', '/v1/codec/encode']) {
        const preflight = await ask(path, origin);
        expect(preflight.status).toBe(204);
        expect(Object.fromEntries(preflight.headers)).toMatchObject({
          'access-control-allow-origin': origin,
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': expect.stringContaining('x-namespace') as string,
          vary: 'Origin',
        });
        const answer = await post(path, { payloads: [] }, { origin });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      }
    },
  );

  it.each([
    ['/v1/codec/decode', 'https://evil.example'],
    ['/v1/codec/encode', 'https://evil.example'],
    ['/v1/codec/decode', 'null'],
    ['/v1/codec/decode', `${UI}.evil.example`],
    ['/v1/codec/decode', 'http://temporal.example.com'],
    ['/v1/messages', UI],
  ])('lets no page use %s from %s', async (path, origin) => {
    const preflight = await ask(path, origin);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    const answer = await post(path, { payloads: [] }, { origin });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});
