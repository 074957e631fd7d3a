/** Behind a reverse proxy that shows the API and its pages below a path. */
import { once } from 'node:events';
import { createServer, request as requestOf, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { h, type ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BasePath } from '../../src/api/pages/addresses.js';
import { DeadLettersPage, SearchPage } from '../../src/api/pages/listPages.js';
import { UnknownKeyPage } from '../../src/api/pages/messagePage.js';
import { PAGE_METHODS } from '../../src/api/pages/pages.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import type { MessagePage } from '../../src/store/search/messageSearch.js';
import { OWN_FIRST_PARTS, parseBasePath } from '../../src/lib/basePath.js';
import { operations } from '../openapiOperations.js';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';

const PREFIX = '/tools/sendproof';
const KEY = 'key-of-the-proxy-test';
const bearer = { authorization: `Bearer ${KEY}` };

interface ProxyOptions {
  /** Whether the prefix is taken off the path. */
  strips: boolean;
  headers?: Record<string, string>;
}

/** Shows the API below the prefix, and nothing else. */
async function startProxy(api: IntakeApi, { strips, headers }: ProxyOptions): Promise<Server> {
  const target = new URL(api.api.url);
  const proxy = createServer((request, response) => {
    const url = request.url ?? '';
    if (!url.startsWith(`${PREFIX}/`)) {
      response.writeHead(404).end('outside of the prefix');
      return;
    }
    const forward = requestOf(
      {
        host: target.hostname,
        port: target.port,
        path: strips ? url.slice(PREFIX.length) : url,
        method: request.method,
        headers: { ...request.headers, ...headers },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(forward);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

const addressOf = (proxy: Server) => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

/** What a page leads to: links, forms, assets, the refresh of a page that asks once more. */
function addressesIn(html: string): string[] {
  const attributes = [...html.matchAll(/\b(?:href|src|action)="([^"]*)"/g)];
  const refreshes = [...html.matchAll(/content="0; url=([^"]*)"/g)];
  return [...attributes, ...refreshes]
    .map(([, address = '']) => address.replaceAll('&amp;', '&'))
    .filter((address) => !address.startsWith('#'));
}

const CONFIGURED = { BASE_PATH: PREFIX };
const FORWARDED = { SENDPROOF_TRUSTED_PROXIES: '127.0.0.1' };
const header = { 'x-forwarded-prefix': PREFIX };

describe.each([
  { name: 'BASE_PATH and a proxy that takes it off', environment: CONFIGURED, strips: true },
  { name: 'BASE_PATH and a proxy that passes it on', environment: CONFIGURED, strips: false },
  {
    name: 'PUBLIC_URL with the path',
    environment: { PUBLIC_URL: `https://example.com${PREFIX}/` },
    strips: true,
  },
  { name: 'X-Forwarded-Prefix', environment: FORWARDED, strips: true, headers: header },
  {
    name: 'X-Forwarded-Prefix and the path',
    environment: FORWARDED,
    strips: false,
    headers: header,
  },
  {
    name: 'X-Forwarded-Prefix over BASE_PATH',
    environment: { ...FORWARDED, BASE_PATH: '/other' },
    strips: true,
    headers: { 'x-forwarded-prefix': `${PREFIX}/` },
  },
])('with $name', ({ environment, ...options }) => {
  let intake: IntakeApi;
  let proxy: Server;
  beforeAll(async () => {
    intake = await startIntakeApi({ SENDPROOF_API_KEYS: KEY, ...environment });
    proxy = await startProxy(intake, options);
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await intake.close();
  });

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(addressOf(proxy) + path, { headers, redirect: 'manual' });
  const submit = (path: string, fields: Record<string, string>, cookie = '') =>
    fetch(addressOf(proxy) + path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { 'sec-fetch-site': 'same-origin', cookie },
      redirect: 'manual',
    });

  async function signIn(): Promise<string> {
    const answer = await submit(`${PREFIX}/sign-in`, { key: KEY, to: '/dead-letters' });
    expect(answer.headers.get('location')).toBe(`${PREFIX}/dead-letters`);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(new RegExp(`; Path=${PREFIX};`));
    return cookie.split(';')[0] ?? '';
  }

  it('leads from page to page below the prefix', async () => {
    const cookie = await signIn();
    const seen = new Set<string>();
    const open = [`${PREFIX}/messages`, `${PREFIX}/dead-letters`, `${PREFIX}/sign-in`];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      expect(path).toMatch(new RegExp(`^${PREFIX}/`));
      const answer = await get(path, { cookie });
      const takes = await fetch(addressOf(proxy) + path, { method: 'OPTIONS' });
      expect([takes.status, path]).toEqual([204, path]);
      // Where a form is sent to may be no page.
      if (answer.status === 405) continue;
      expect([answer.status, path]).toEqual([200, path]);
      open.push(...addressesIn(await answer.text()));
    }
    expect(seen).toContain(`${PREFIX}/assets/live.js`);
    expect(seen).toContain(`${PREFIX}/sign-out`);
  });

  it('leads to the sign-in and from there to the page that was asked for', async () => {
    const asked = await get(`${PREFIX}/messages?q=a`);
    const location = asked.headers.get('location') ?? '';
    expect(location).toBe(`${PREFIX}/sign-in?to=${encodeURIComponent('/messages?q=a')}`);
    const html = await (await get(location)).text();
    const to = /name="to" value="([^"]*)"/.exec(html)?.[1] ?? '';
    const signedIn = await submit(`${PREFIX}/sign-in`, { key: KEY, to });
    expect(signedIn.headers.get('location')).toBe(`${PREFIX}/messages?q=a`);
    for (const [given, expected] of [
      [`${PREFIX}/dead-letters`, '/dead-letters'],
      ['//evil.example/messages', '/'],
      [`${PREFIX}//evil.example`, '/'],
      [`https://evil.example${PREFIX}/dead-letters`, '/'],
    ] as const) {
      const answer = await submit(`${PREFIX}/sign-in`, { key: KEY, to: given });
      expect(answer.headers.get('location')).toBe(PREFIX + expected);
    }

    const plain = await submit(`${PREFIX}/sign-in`, { key: KEY });
    expect(plain.headers.get('location')).toBe(`${PREFIX}/`);

    const fromElsewhere = await get(`${PREFIX}/messages`, { 'sec-fetch-site': 'cross-site' });
    const onceMore = addressesIn(await fromElsewhere.text());
    expect(onceMore).toEqual([`${PREFIX}/messages`, `${PREFIX}/messages`]);

    const signedOut = await submit(`${PREFIX}/sign-out`, {}, await signIn());
    expect(signedOut.headers.get('location')).toBe(`${PREFIX}/sign-in`);
    expect(signedOut.headers.get('set-cookie')).toMatch(`; Path=${PREFIX};`);
  });

  it('answers a message with paths below the prefix', async () => {
    const message = { deduplicationKey: 'a/b', destinations: [OPS], content: { text: 'x' } };
    const post = (path: string, body: object) =>
      fetch(`${addressOf(proxy)}${PREFIX}${path}`, {
        method: 'POST',
        headers: { ...bearer, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const links = {
      self: `${PREFIX}/v1/messages/a%2Fb`,
      timeline: `${PREFIX}/v1/messages/a%2Fb/timeline`,
      page: `${PREFIX}/messages/a%2Fb`,
    };
    const answer = await post('/v1/messages', message);
    expect([answer.status, answer.headers.get('location')]).toEqual([202, links.self]);
    expect(await answer.json()).toMatchObject({ links });
    const batch = await post('/v1/messages/batch', { messages: [message] });
    expect(await batch.json()).toMatchObject({ results: [{ message: { links } }] });
    const document: unknown = await (await get(`${PREFIX}/openapi.json`)).json();
    expect(document).toMatchObject({ servers: [{ url: PREFIX }] });
  });

  it('refuses other methods as without the prefix', async () => {
    const answer = await fetch(`${addressOf(proxy)}${PREFIX}/v1/messages`, { method: 'PUT' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, POST']);
  });
});

describe('a page with messages', () => {
  const at = '2026-11-25T10:00:00.000Z';
  const deadLetter = { destination: OPS, reason: 'rejected', detail: 'no', at } as const;
  const message = {
    deduplicationKey: 'a/b',
    status: 'dead_lettered' as const,
    acceptedAt: at,
    destinations: [OPS],
    deadLetters: [deadLetter],
  };
  const found = { messages: [message], cursor: 'next' } as unknown as MessagePage;
  const page = {
    ...{ found, fields: { status: 'accepted' }, signedIn: true, now: new Date(at) },
    choices: { destinations: [], sources: [] },
  };
  const list = {
    ...{ ...page, tab: 'all' as const, unknownKey: undefined },
    counts: { all: 1, delayed: 0, needs_action: 1, scheduled: 0, under_way: 0 },
  };
  const unknown = { deduplicationKey: 'a', explanation: '', similarKeys: ['a/b'], signedIn: true };

  it.each<[string, ComponentChildren, string[]]>([
    ['found', h(SearchPage, list), ['/messages/a%2Fb', '/messages?status=accepted&cursor=next']],
    [
      'parked',
      h(DeadLettersPage, page),
      ['/messages/a%2Fb', '/dead-letters/decide', '/dead-letters?status=accepted&cursor=next'],
    ],
    ['like it', h(UnknownKeyPage, unknown), ['/messages/a%2Fb']],
  ])('leads to those %s below the prefix', (_, shown, expected) => {
    const html = renderToString(h(BasePath.Provider, { value: PREFIX, children: shown }));
    const addresses = addressesIn(html);
    expect(addresses).toEqual(expect.arrayContaining(expected.map((each) => PREFIX + each)));
    expect(addresses.filter((each) => !each.startsWith(`${PREFIX}/`))).toEqual([]);
  });
});

describe('with BASE_PATH', () => {
  let intake: IntakeApi;
  beforeAll(async () => {
    intake = await startIntakeApi(CONFIGURED);
  });
  afterAll(() => intake.close());

  it.each(['/healthz', '/v1/messages', '/messages', '/openapi.json', '/messages?q=a'])(
    'answers %s also without it',
    async (path) => {
      for (const prefix of ['', PREFIX]) {
        expect((await fetch(intake.api.url + prefix + path)).status).toBe(200);
      }
    },
  );

  it.each([PREFIX, `${PREFIX}/`, `${PREFIX}?a=b`])('has the overview at %s', async (path) => {
    const answer = await fetch(intake.api.url + path);
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringContaining('Overview'),
    ]);
  });

  it.each([`${PREFIX}x/healthz`, `/tools/healthz`])('has nothing at %s', async (path) => {
    expect((await fetch(intake.api.url + path)).status).toBe(404);
  });

  it('believes no X-Forwarded-Prefix without SENDPROOF_TRUSTED_PROXIES', async () => {
    expect(await basePathFor(intake, '/other')).toEqual(PREFIX);
  });
});

/** The base path of a page that is asked for with this X-Forwarded-Prefix. */
async function basePathFor(intake: IntakeApi, forwarded: string): Promise<string> {
  const request = requestOf(`${intake.api.url}/messages`, {
    headers: { 'x-forwarded-prefix': forwarded },
  });
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const html = await text(answer);
  return /class="brand" href="(.*?)\/"/.exec(html)?.[1] ?? '(none)';
}

const MALFORMED = [
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  'https://evil.example',
  'evil.example',
  'javascript:alert(1)',
  '/javascript:alert(1)',
  '/"><script>alert(1)</script>',
  "/'onload='x",
  '/a/../b',
  '/..',
  '/.',
  '/a/./b',
  '/%2e%2e/b',
  '/%2F%2Fevil.example',
  '/a//b',
  '/a//',
  '/a;Domain=evil.example',
  '/a, /b',
  '/a b',
  '/a?b',
  '/a#b',
  '/a@evil.example',
  '/grün',
  '/v1',
  '/Messages',
  `/${'a'.repeat(300)}`,
  '',
];

describe('X-Forwarded-Prefix', () => {
  let trusting: IntakeApi;
  beforeAll(async () => {
    trusting = await startIntakeApi({ SENDPROOF_TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.0/8, ::1' });
  });
  afterAll(() => trusting.close());

  it.each(['/a', '/a/', '/a/b-c/D_e.f~1'])('of %s is taken', async (prefix) => {
    expect(await basePathFor(trusting, prefix)).toBe(prefix.replace(/\/$/, ''));
  });

  it.each(MALFORMED)('of %j is ignored', async (prefix) => {
    expect(parseBasePath(prefix)).toBeUndefined();
    expect(await basePathFor(trusting, Buffer.from(prefix).toString('latin1'))).toBe('');
  });

  it('of another sender is ignored', async () => {
    const wary = await startIntakeApi({ SENDPROOF_TRUSTED_PROXIES: '10.0.0.0/8,192.0.2.1' });
    expect(await basePathFor(wary, '/a')).toBe('');
    await wary.close();
  });
});

describe('a base path', () => {
  it('stays a path of the same host, whatever it was made from', () => {
    const pieces = fc.array(fc.constantFrom('/', '.', '..', '\\', ':', '"', '<', '%2e', 'a', 'é'));
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      pieces.map((each) => `/${each.join('')}`),
    );
    fc.assert(
      fc.property(texts, (given) => {
        const path = parseBasePath(given);
        if (path === undefined) return;
        const { href } = new URL(`${path}/messages`, 'https://example.com');
        expect(href).toBe(`https://example.com${path}/messages`);
        expect(path).toMatch(/^[\x21-\x7e]*$/);
        expect(path).not.toMatch(/["'<>&;,\\]/);
      }),
      { numRuns: 500 },
    );
  });

  it('is none of the API’s own paths', () => {
    const paths = [
      ...operations.map(({ path }) => path),
      ...Object.keys(PAGE_METHODS),
      '/openapi.json',
    ];
    const firstParts = new Set(paths.map((path) => path.split('/')[1] ?? ''));
    // The overview has no first part.
    firstParts.delete('');
    expect([...OWN_FIRST_PARTS].sort()).toEqual([...firstParts].sort());
  });

  it.each([
    ['/sendproof', undefined, '/sendproof', undefined],
    ['sendproof', undefined, '/sendproof', undefined],
    ['sendproof/', undefined, '/sendproof', undefined],
    ['/', undefined, '', undefined],
    [undefined, 'https://example.com', '', 'https://example.com'],
    [undefined, 'https://example.com/a/b/', '/a/b', 'https://example.com/a/b'],
    [undefined, 'https://example.com/v1', '', 'https://example.com/v1'],
    ['/a', 'https://example.com/', '/a', 'https://example.com/a'],
    ['/a', 'https://example.com/b', '/a', 'https://example.com/b'],
    ['/', 'https://example.com/b', '', 'https://example.com/b'],
  ])('of BASE_PATH %s and PUBLIC_URL %s is "%s"', (given, url, basePath, publicUrl) => {
    const configuration = loadConfiguration({
      SENDPROOF_CONFIG: '/dev/null',
      BASE_PATH: given,
      PUBLIC_URL: url,
    });
    expect(configuration).toMatchObject({ basePath, publicUrl });
  });
});
