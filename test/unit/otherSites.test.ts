/** Every route that changes something, of the API and of the sandbox's control, against the pages of other sites. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Router, type Express } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_METHODS } from '../../src/api/pages/pages.js';
import { createControl } from '../../src/sandbox/control.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { operations } from '../openapiOperations.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';

const KEY = ['a', 'key', 'of', 'this', 'test'].join('-');
const LISTED = 'sendproof.internal.example';

let directory: string;
let sandbox: Sandbox;
const apis: Partial<Record<'open' | 'keyed' | 'listing' | 'public', IntakeApi>> = {};
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-sites-'));
  const file = join(directory, 'sendproof.yaml');
  await writeFile(
    file,
    `
sources:
  open: { type: alertmanager, unroutable: { to: ['slack:default/C0123ABC'] } }
  closed: { type: slack-webhook, token: { env: SOURCE_TOKEN }, unroutable: { to: ['slack:default/C0123ABC'] } }
`,
  );
  const settings = { SENDPROOF_CONFIG: file, SOURCE_TOKEN: `${KEY}-of-a-source` };
  apis.open = await startIntakeApi(settings);
  apis.keyed = await startIntakeApi({ ...settings, SENDPROOF_API_KEYS: KEY });
  apis.listing = await startIntakeApi({
    ...settings,
    SENDPROOF_API_KEYS: KEY,
    SENDPROOF_ALLOWED_HOSTS: `${LISTED}, *.tools.example`,
  });
  apis.public = await startIntakeApi({ ...settings, PUBLIC_URL: `https://${LISTED}/sendproof` });
  sandbox = await startSandbox({ allowedHosts: [LISTED] });
});
afterAll(async () => {
  await Promise.all([...Object.values(apis).map((api) => api.close()), sandbox.close()]);
  await rm(directory, { recursive: true });
});

const urlOf = (name: keyof typeof apis) => apis[name]?.api.url ?? '';
const withKey = { authorization: `Bearer ${KEY}` };

/** With a Host header of one's own, which `fetch` doesn't allow. */
async function send(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = httpRequest({
    ...{ hostname, port, method, path, agent: false },
    headers: { ...length, ...headers },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await text(response) };
}

const filled = (path: string) =>
  path
    .replace('{name}/{token}', 'open/x')
    .replace('{name}', 'open')
    .replace(/\{\w+\}|:\w+/g, 'x');
const isSource = (path: string) => path.startsWith('/v1/sources/');

const OF_THE_API = operations
  .map(({ method, path }): [method: string, path: string] => [method.toUpperCase(), filled(path)])
  .filter(([method]) => method !== 'GET');
const OF_THE_PAGES = Object.entries(PAGE_METHODS).flatMap(([path, methods]) =>
  methods
    .filter((method) => method !== 'GET')
    .map((method): [string, string] => [method, filled(path)]),
);

/** What express was given, so that no list has to be kept. */
function routesOf(app: Express): [method: string, path: string][] {
  interface Layer {
    route?: { path: string; methods: Record<string, boolean> };
  }
  const { stack } = (app as unknown as { router: { stack: Layer[] } }).router;
  return stack.flatMap(({ route }) =>
    route
      ? Object.keys(route.methods).map((method): [string, string] => [
          method.toUpperCase(),
          filled(route.path),
        ])
      : [],
  );
}
const OF_THE_SANDBOX = routesOf(createControl({} as Sandbox, Router(), []));

const FOREIGN = {
  'a cross-site request': { 'sec-fetch-site': 'cross-site' },
  'a request of another subdomain or port': { 'sec-fetch-site': 'same-site' },
  'a foreign Origin': { origin: 'https://evil.example' },
  'the Origin of a sandboxed frame': { origin: 'null' },
};
/** What forms and scripts of any site can send without asking. */
const SIMPLE_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];

describe.each(OF_THE_API)('%s %s', (method, path) => {
  it.each(Object.entries(FOREIGN))('refuses %s', async (_, headers) => {
    const json = { ...headers, 'content-type': 'application/json' };
    for (const api of ['open', 'keyed'] as const) {
      const { status, text } = await send(urlOf(api), method, path, { ...withKey, ...json }, '{}');
      expect([api, status, text]).toEqual([api, 403, expect.stringContaining('"foreign_site"')]);
    }
    const without = await send(urlOf('open'), method, path, headers);
    expect(without.status).toBe(403);
  });

  it.skipIf(isSource(path))('refuses a body that isn’t JSON by its header', async () => {
    for (const type of [undefined, ...SIMPLE_TYPES, 'text/json', 'application/json-seq']) {
      const headers = { ...withKey, ...(type !== undefined && { 'content-type': type }) };
      for (const api of ['open', 'keyed'] as const) {
        const { status } = await send(urlOf(api), method, path, headers, '{"reason": "x"}');
        expect([api, type, status]).toEqual([api, type, 415]);
      }
    }
  });

  it('is reached under the names of this machine only, where nobody needs a key', async () => {
    const headers = { host: 'rebound.evil.example:3000', 'content-type': 'application/json' };
    const { status, text } = await send(urlOf('open'), method, path, headers, '{}');
    expect(status).toBe(421);
    expect(text).toContain('SENDPROOF_ALLOWED_HOSTS');
  });

  it('takes the requests of programs', async () => {
    const headers = { ...withKey, 'content-type': 'application/json' };
    const { status } = await send(urlOf('keyed'), method, path, headers, '{}');
    // The source "open" has no tokens.
    if (!path.startsWith('/v1/sources/open/')) expect(status).not.toBe(401);
    expect([403, 415, 421]).not.toContain(status);
  });
});

describe.each(OF_THE_PAGES)('%s %s', (method, path) => {
  it.each(Object.entries(FOREIGN))('refuses %s', async (_, headers) => {
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
    const { status } = await send(urlOf('open'), method, path, form, 'reason=x');
    expect(status).toBe(403);
  });
});

describe.each(OF_THE_PAGES)(
  'where a proxy shows the pages under PUBLIC_URL, %s %s',
  (method, path) => {
    const foreign = async (headers: Record<string, string>) => {
      const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
      const sent = await send(urlOf('public'), method, `/sendproof${path}`, form, 'reason=x');
      return sent.status === 403 ? sent.text : '';
    };
    const host = '127.0.0.1:3000';

    it('takes the pages’ own forms', async () => {
      const own: Record<string, string>[] = [
        { host, origin: `https://${LISTED}` },
        { host: LISTED, origin: `http://${LISTED}` },
        { host, origin: `http://${host}` },
        { host, origin: `https://${LISTED}`, 'sec-fetch-site': 'same-origin' },
      ];
      for (const headers of own) {
        expect(await foreign(headers), JSON.stringify(headers)).toBe('');
      }
    });

    it('refuses all others, and names the setting', async () => {
      for (const headers of [
        ...Object.values(FOREIGN),
        { origin: `https://x.${LISTED}` },
        { origin: `https://${LISTED}:8443` },
        { origin: `http://${LISTED}` },
        { 'sec-fetch-site': 'none' },
        {},
      ] as Record<string, string>[]) {
        expect(await foreign({ host, ...headers }), JSON.stringify(headers)).toContain(
          'PUBLIC_URL',
        );
      }
    });
  },
);

describe('the names of the API', () => {
  const READ = ['/v1/messages', '/messages', '/metrics', '/openapi.json', '/readyz', '/', '/x'];
  const status = async (api: keyof typeof apis, path: string, host: string) =>
    (await send(urlOf(api), 'GET', path, { host })).status;

  it.each(READ)('without keys are this machine’s: %s', async (path) => {
    expect(await status('open', path, 'evil.example')).toBe(421);
    expect(await status('open', path, 'localhost:1')).not.toBe(421);
    expect(await status('open', path, '10.1.2.3:8080')).not.toBe(421);
  });

  it('without keys include that of PUBLIC_URL', async () => {
    expect(await status('public', '/v1/messages', LISTED)).toBe(200);
    expect(await status('public', '/v1/messages', 'evil.example')).toBe(421);
    const headers = { origin: `https://${LISTED}`, host: '127.0.0.1:3000' };
    const sent = await send(urlOf('public'), 'POST', '/v1/messages/x/retry', headers);
    expect(sent.status).not.toBe(403);
  });

  it('with keys are any, as long as none are listed', async () => {
    for (const path of READ) {
      expect(await status('keyed', path, 'sendproof.default.svc'), path).not.toBe(421);
    }
  });

  it('with keys are those that are listed', async () => {
    for (const path of READ.filter((each) => each !== '/readyz')) {
      expect(await status('listing', path, 'evil.example'), path).toBe(421);
      expect(await status('listing', path, `${LISTED}:8443`), path).not.toBe(421);
      expect(await status('listing', path, 'a.tools.example'), path).not.toBe(421);
    }
  });

  it('are not asked of health checks that everybody may read', async () => {
    expect(await status('open', '/healthz', 'evil.example')).toBe(200);
    expect(await status('listing', '/healthz', 'evil.example')).toBe(200);
    expect(await status('listing', '/readyz', 'evil.example')).not.toBe(421);
  });

  it('are not asked of a source that authenticates its sender', async () => {
    const path = `/v1/sources/closed/${KEY}-of-a-source`;
    const headers = { 'content-type': 'text/plain', host: 'tunnel.example', origin: 'https://a.b' };
    const { status } = await send(urlOf('open'), 'POST', path, headers, '{"text": "hello"}');
    expect(status).toBe(200);
  });
});

describe.each(OF_THE_SANDBOX)('the sandbox’s %s %s', (method, path) => {
  const changes = method !== 'GET';

  it.each(Object.entries(FOREIGN))('refuses %s', async (_, headers) => {
    expect((await send(sandbox.url, method, path, headers)).status).toBe(403);
  });

  it('is reached under the names of this machine only', async () => {
    expect((await send(sandbox.url, method, path, { host: 'evil.example' })).status).toBe(421);
  });

  it.runIf(changes)('refuses a body that isn’t JSON by its header', async () => {
    for (const type of [undefined, ...SIMPLE_TYPES]) {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
      const { status } = await send(sandbox.url, method, path, headers, '{}');
      expect([type, status]).toEqual([type, 415]);
    }
  });
});

it('the sandbox’s page has the names of this machine, and those that are listed', async () => {
  const status = async (host: string) => (await send(sandbox.url, 'GET', '/', { host })).status;
  expect(await status('evil.example')).toBe(421);
  expect(await status(`${LISTED}:4010`)).toBe(200);
  expect(await status('localhost:4010')).toBe(200);
  expect(OF_THE_SANDBOX.length).toBeGreaterThan(10);
});
