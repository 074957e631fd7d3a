/** People at the API and its pages, over a Temporal that knows no message. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setCaller } from '../../../src/api/caller.js';
import { inPersonsName } from '../../../src/api/decider.js';
import { decidedBy } from '../../../src/api/permissions.js';
import { personWith } from '../../../src/api/people/identifyPeople.js';
import { statementOf } from '../../../src/api/people/proxyIdentity.js';
import { DecisionForms } from '../../../src/api/pages/parts.js';
import { CurrentViewer } from '../../../src/api/pages/viewer.js';
import { parseAddressRange, type AddressRange } from '../../../src/lib/addressRange.js';
import { startIntakeApi, type IntakeApi } from '../intakeApi.js';
import { rawRequest } from '../rawRequest.js';

const API_KEY = 'the key of this test and of nothing else';
const bearer = { authorization: `Bearer ${API_KEY}` };
const ROLES = "roles: { sre: [read, decide], admins: [admin], größe: [read], 'x:*': [send] }";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-people-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface PeopleApi extends IntakeApi {
  /** The lines of the audit, the oldest first. */
  audit(): Record<string, unknown>[];
  get(path: string, headers?: Record<string, string>): Promise<{ status: number; text: string }>;
}

let files = 0;
async function start(people: string, environment: NodeJS.ProcessEnv = {}): Promise<PeopleApi> {
  files += 1;
  const file = join(directory, `${files}.yaml`);
  writeFileSync(file, `people: ${people}\n`);
  const lines: Record<string, unknown>[] = [];
  const intake = await startIntakeApi(
    {
      SENDPROOF_CONFIG: file,
      SENDPROOF_API_KEYS: API_KEY,
      SENDPROOF_TRUSTED_PROXIES: '127.0.0.1',
      ...environment,
    },
    undefined,
    undefined,
    (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  );
  return {
    ...intake,
    audit: () => lines.filter(({ kind }) => kind === 'audit'),
    get: async (path, headers = {}) => {
      const answer = await fetch(intake.api.url + path, { headers, redirect: 'manual' });
      return { status: answer.status, text: await answer.text() };
    },
  };
}

const ana = { 'x-forwarded-user': 'ana@example.com', 'x-forwarded-groups': 'dev, sre' };

describe('behind a trusted proxy', () => {
  let api: PeopleApi;
  beforeAll(async () => {
    api = await start(`{ proxy: {}, ${ROLES}, signOutUrl: /oauth2/sign_out }`);
  });
  afterAll(() => api.close());

  it('a person reads lists and pages without a key, and can leave', async () => {
    expect((await api.get('/v1/messages', ana)).status).toBe(200);
    const page = await api.get('/messages', ana);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('ana@example.com')]);
    expect(page.text).toContain('<a href="/oauth2/sign_out">Sign out</a>');
    expect(page.text).not.toContain('action="/sign-out"');
    expect(api.audit()).toContainEqual(
      expect.objectContaining({
        action: 'sign_in',
        person: 'ana@example.com',
        outcome: 'accepted',
      }),
    );
  });

  it('a person may do what the groups may, and nothing else', async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${api.api.url}/v1/messages`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{}',
      });
    const refused = await post(ana);
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { type: 'not_allowed', detail: expect.stringContaining('"ana@example.com"') as string },
    ]);
    expect((await post({ ...ana, 'x-forwarded-groups': 'admins' })).status).toBe(400);
    expect((await api.get('/metrics', ana)).status).toBe(403);
  });

  it.each(['/v1/messages/a/discard', '/v1/dead-letters/discard'])(
    'a person gives no name to %s, where a program must',
    async (path) => {
      const discard = async (headers: Record<string, string>) => {
        const answer = await fetch(api.api.url + path, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({
            reason: 'old news',
            ...(path.includes('/a/') ? {} : { filter: { reason: 'timeout' } }),
          }),
        });
        return await answer.text();
      };
      expect(await discard(bearer)).toContain('"field":"by"');
      expect(await discard(ana)).not.toContain('"field":"by"');
    },
  );

  it.each([
    ['none', undefined],
    ['others', 'dev,SRE,sre2'],
    ['empty ones', ' , ,'],
  ])('a person with these groups is told to have no role: %s', async (_, groups) => {
    const headers = { 'x-forwarded-user': 'bo', ...(groups && { 'x-forwarded-groups': groups }) };
    const problem = await api.get('/v1/messages', headers);
    expect([problem.status, problem.text]).toEqual([403, expect.stringContaining('"no_role"')]);
    const page = await api.get('/messages', headers);
    expect([page.status, page.text]).toEqual([403, expect.stringContaining('people.roles')]);
    expect(page.text).toContain('<html');
  });

  it.each(['x-forwarded-user', 'x-forwarded-groups'])('%s is never sent twice', async (name) => {
    const headers = Object.entries({ ...ana, 'x-forwarded-groups': 'admins' });
    const lines = headers.map(([each, value]) => `${each}: ${value}`);
    for (const path of ['/v1/messages', '/messages']) {
      const answer = await rawRequest(api.api.url, `GET ${path}`, [...lines, `${name}: x`]);
      expect(answer.status).toBe(400);
    }
  });

  it('a page of another site that has this machine’s address is nobody’s', async () => {
    const headers = Object.entries({ ...ana, 'x-forwarded-groups': 'admins' });
    const lines = headers.map(([name, value]) => `${name}: ${value}`);
    for (const path of ['/v1/messages', '/messages', '/openapi.json']) {
      const asked = (host: string) =>
        rawRequest(api.api.url, `GET ${path}`, lines, Buffer.alloc(0), host);
      expect([path, (await asked('rebound.example:3000')).status]).toEqual([path, 421]);
      expect([path, (await asked('localhost:3000')).status]).toEqual([path, 200]);
    }
  });

  it('whom the proxy has not signed in needs a key', async () => {
    expect((await api.get('/messages', { 'x-forwarded-groups': 'admins' })).status).toBe(303);
    expect((await api.get('/v1/messages', { 'x-forwarded-user': ' ' })).status).toBe(401);
    expect((await api.get('/v1/messages')).status).toBe(401);
    expect((await api.get('/v1/messages', bearer)).status).toBe(200);
  });

  it('a key says who a program is, whatever the headers say', async () => {
    const headers = { ...bearer, 'x-forwarded-user': 'bo' };
    expect((await api.get('/v1/messages', headers)).status).toBe(200);
  });
});

describe('from an address that is not trusted', () => {
  let api: PeopleApi;
  beforeAll(async () => {
    api = await start(`{ proxy: {}, ${ROLES} }`, { SENDPROOF_TRUSTED_PROXIES: '10.0.0.0/8' });
  });
  afterAll(() => api.close());

  it('the headers are ignored, and the audit says so once', async () => {
    const headers = { ...ana, 'x-forwarded-groups': 'admins', 'x-forwarded-for': '10.0.0.1' };
    expect((await api.get('/v1/messages', headers)).status).toBe(401);
    expect((await api.get('/messages', headers)).status).toBe(303);
    expect((await api.get('/v1/messages', { ...headers, ...bearer })).status).toBe(200);
    const ignored = api.audit().filter(({ reason }) => reason !== undefined);
    expect(ignored).toEqual([
      expect.objectContaining({ outcome: 'refused', address: '127.0.0.1' }),
    ]);
    expect(JSON.stringify(api.audit())).not.toContain('ana');
  });
});

describe('the headers of a proxy', () => {
  const TRUSTED = ['10.1.2.3', 'fd00::/8'].map(parseAddressRange) as AddressRange[];
  const NAMES = {
    userHeader: 'x-user',
    groupsHeader: 'x-groups',
    emailHeader: 'x-email',
    groupsSeparator: ',',
  };
  const said = (
    remoteAddress: string | undefined,
    headers: Record<string, string | string[]>,
    groupsSeparator = ',',
  ) =>
    statementOf(
      {
        headersDistinct: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, [value].flat()]),
        ),
        socket: { remoteAddress },
      },
      { ...NAMES, groupsSeparator },
      TRUSTED,
    );

  it.each([
    ['10.1.2.3', 'person'],
    ['::ffff:10.1.2.3', 'person'],
    ['fd12::1', 'person'],
    ['fd12::1%eth0', 'person'],
    ['10.1.2.4', 'untrusted'],
    ['::ffff:10.1.2.4', 'untrusted'],
    ['127.0.0.1', 'untrusted'],
    [undefined, 'untrusted'],
  ])('from %s are of: %s', (address, kind) => {
    expect(said(address, { 'x-user': 'ana' }).kind).toBe(kind);
    expect(said(address, {}).kind).toBe('nobody');
  });

  it.each([
    [{ 'x-user': 'u-1', 'x-email': 'ana@example.com' }, 'ana@example.com', []],
    [{ 'x-user': 'u-1', 'x-email': '' }, 'u-1', []],
    [{ 'x-user': ' ana ', 'x-groups': 'a,, b ,c' }, 'ana', ['a', 'b', 'c']],
    // UTF-8, as Node.js reads it.
    [{ 'x-user': Buffer.from('größe 🔥').toString('latin1') }, 'größe 🔥', []],
    [{ 'x-user': 'gr\u00f6\u00dfe' }, 'größe', []],
  ])('%j name %s', (headers, name, groups) => {
    expect(said('10.1.2.3', headers)).toEqual({ kind: 'person', identity: { name, groups } });
  });

  it('may have groups with another text between them', () => {
    const headers = { 'x-user': 'ana', 'x-groups': 'CN=sre,O=x| dev' };
    expect(said('10.1.2.3', headers, '|')).toMatchObject({
      identity: { groups: ['CN=sre,O=x', 'dev'] },
    });
  });

  it.each([
    [{ 'x-user': ['ana', 'ana'] }, '2 times'],
    [{ 'x-user': 'ana', 'x-groups': ['sre', 'admins'] }, '2 times'],
    [{ 'x-user': 'ana', 'x-email': ['a', 'b', 'c'] }, '3 times'],
    [{ 'x-user': 'a'.repeat(300) }, 'not the name'],
    [{ 'x-user': 'a\tb' }, 'not the name'],
    [{ 'x-user': Buffer.from('a\u202eb').toString('latin1') }, 'not the name'],
  ])('%j are refused: %s', (headers, fault) => {
    expect(() => said('10.1.2.3', headers)).toThrow(fault);
  });
});

it.each<[string[], string[], string[]]>([
  [[], [], []],
  [['a'], ['read'], []],
  [['a', 'b'], ['decide', 'read'], []],
  [['*'], [], ['a', 'b']],
  [['b', 'admins'], ['admin', 'decide', 'metrics', 'read', 'send'], ['a']],
  [['__proto__', 'constructor'], [], []],
])('of the groups %j the scopes are %j', (groups, expected) => {
  const roles = new Map([
    ['a', ['read'] as const],
    ['b', ['decide'] as const],
    ['admins', ['admin'] as const],
  ]);
  expect(
    [...personWith({ name: 'ana', groups }, { roles, tenants: new Map() }).scopes].sort(),
  ).toEqual(expected);
});

it('everybody who has signed in has the role of "*"', () => {
  const roles = new Map([['*', ['read'] as const]]);
  expect([
    ...personWith({ name: 'ana', groups: [] }, { roles, tenants: new Map() }).scopes,
  ]).toEqual(['read']);
});

describe('with tokens', () => {
  const ISSUER = 'https://idp.example.com';
  let keys: Server;
  let privateKey: CryptoKey;
  let api: PeopleApi;
  let inAssertion: PeopleApi;
  let isAway = false;
  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    privateKey = pair.privateKey;
    const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one' }] };
    keys = createServer((_request, response) => {
      response.writeHead(isAway ? 503 : 200).end(JSON.stringify(jwks));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => keys.once('listening', resolve));
    const keysUrl = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys`;
    const token = `issuer: "${ISSUER}", audience: sendproof, keysUrl: "${keysUrl}"`;
    api = await start(`{ token: { ${token} }, ${ROLES} }`, { SENDPROOF_API_KEYS: '' });
    inAssertion = await start(`{ token: { ${token}, header: X-Assertion }, ${ROLES} }`);
  });
  afterAll(async () => {
    keys.closeAllConnections();
    keys.close();
    await api.close();
    await inAssertion.close();
  });

  const sign = (expires: string | number = '5m') =>
    new SignJWT({ email: 'ana@example.com', groups: ['sre'] })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(ISSUER)
      .setAudience('sendproof')
      .setSubject('u-1')
      .setExpirationTime(expires)
      .sign(privateKey);

  it('nobody is told anything while the keys can’t be read', async () => {
    isAway = true;
    const answer = await inAssertion.get('/v1/messages', { 'x-assertion': await sign() });
    isAway = false;
    expect([answer.status, answer.text]).toEqual([
      503,
      expect.stringContaining('sign_in_unavailable'),
    ]);
    expect((await inAssertion.get('/v1/messages', bearer)).status).toBe(200);
  });

  it('a person reads lists and pages', async () => {
    const headers = { authorization: `Bearer ${await sign()}` };
    expect((await api.get('/v1/messages', headers)).status).toBe(200);
    expect((await api.get('/messages', headers)).text).toContain('ana@example.com');
    expect(
      (await api.get('/v1/messages', { authorization: `bearer  ${await sign()}` })).status,
    ).toBe(200);
  });

  it('everybody needs one, where there are no keys', async () => {
    expect((await api.get('/v1/messages')).status).toBe(401);
    expect((await api.get('/messages')).status).toBe(401);
    expect((await api.get('/openapi.json')).status).toBe(200);
    expect((await api.get('/assets/style.css')).status).toBe(200);
    expect((await api.get('/healthz')).status).toBe(200);
  });

  it('a refused one is explained, as a problem and as a page', async () => {
    const headers = { authorization: `Bearer ${await sign(1)}` };
    const problem = await api.get('/v1/messages', headers);
    expect([problem.status, problem.text]).toEqual([
      401,
      expect.stringContaining('it has expired'),
    ]);
    const page = await api.get('/messages', headers);
    expect([page.status, page.text]).toEqual([401, expect.stringContaining('it has expired')]);
    expect(page.text).toContain('<html');
    expect(JSON.stringify(api.audit())).not.toContain(headers.authorization.slice(7, 30));
  });

  it('what is no token in Authorization is a wrong key', async () => {
    const answer = await api.get('/v1/messages', { authorization: 'Bearer x' });
    expect([answer.status, answer.text]).toEqual([
      401,
      expect.stringContaining('not_authenticated'),
    ]);
  });

  it('is never sent twice', async () => {
    const line = `X-Assertion: ${await sign()}`;
    const answer = await rawRequest(inAssertion.api.url, 'GET /v1/messages', [line, line]);
    expect(answer.status).toBe(401);
  });

  it('a form of another site changes nothing in the person’s name', async () => {
    const headers = { authorization: `Bearer ${await sign()}`, 'sec-fetch-site': 'cross-site' };
    for (const path of ['/v1/messages/a/retry', '/messages/a/retry']) {
      const answer = await fetch(api.api.url + path, { method: 'POST', headers });
      expect([path, answer.status]).toEqual([path, 403]);
    }
  });
});

describe('the name of who decides', () => {
  const asked = (kind: 'key' | 'person', fields: unknown): unknown => {
    const request = {};
    const person = personWith(
      { name: 'ana', groups: [] },
      { roles: new Map(), tenants: new Map() },
    );
    setCaller(request, { ...person, kind });
    return inPersonsName(request, fields);
  };

  it('is that of the person, with what the request says beside it', () => {
    const person = personWith(
      { name: 'ana', groups: [] },
      { roles: new Map(), tenants: new Map() },
    );
    expect(decidedBy(person, undefined)).toBe('ana');
    expect(decidedBy(person, 'ana')).toBe('ana');
    expect(decidedBy(person, 'the CEO')).toBe('ana (claimed: the CEO)');
    expect(asked('person', { by: 'the CEO', reason: 'x' })).toEqual({ by: 'the CEO', reason: 'x' });
    expect(asked('person', {})).toEqual({ by: 'ana' });
    // What is no map is refused later.
    expect(asked('person', [])).toEqual([]);
  });

  it('is what the request says where a key is its sender', () => {
    expect(asked('key', { by: 'bo' })).toEqual({ by: 'bo' });
    expect(asked('key', {})).toEqual({});
  });
});

describe('the forms for decisions', () => {
  const shown = (person: string | undefined, mayDecide: boolean) =>
    renderToString(
      h(CurrentViewer.Provider, {
        value: {
          ...{ person, mayDecide, signOutUrl: undefined },
          ...{ isNameNeeded: true, rememberedName: undefined },
        },
        children: h(DecisionForms, { deduplicationKey: 'a' }),
      }),
    );

  it('have the name of the person, which can’t be changed', () => {
    const html = shown('Ana <b>', true);
    expect(html.match(/name="by" value="Ana &lt;b>" readonly/gi)).toHaveLength(2);
  });

  it('ask whoever has a key for a name', () => {
    expect(shown(undefined, true)).not.toContain('readonly');
  });

  it('are missing where nothing may be decided', () => {
    expect(shown('ana', false)).not.toContain('<form');
  });
});

describe('a person of groups with tenants', () => {
  const roles = new Map([
    ['build', ['read', 'decide'] as const],
    ['shop', ['read'] as const],
    ['sre', ['metrics', 'send'] as const],
    ['admins', ['admin'] as const],
    ['*', ['read'] as const],
  ]);
  const tenants = new Map([
    ['build', 'build'],
    ['shop', 'shop'],
  ]);
  const as = (groups: string[], of: ReadonlyMap<string, string> = tenants) =>
    personWith({ name: 'ana', groups }, { roles, tenants: of });

  it.each([
    [[], undefined, ['read']],
    [['sre'], undefined, ['metrics', 'read', 'send']],
    [['build'], 'build', ['decide', 'read']],
    [['shop', 'sre'], 'shop', ['read', 'send']],
    [['admins', 'shop'], 'shop', ['admin', 'decide', 'read', 'send']],
    [['admins'], undefined, ['admin', 'decide', 'metrics', 'read', 'send']],
  ])('who is in %j is of the tenant %s', (groups, tenant, scopes) => {
    const caller = as(groups);
    expect(caller.tenant).toBe(tenant);
    expect([...caller.scopes].sort()).toEqual(scopes);
  });

  it('is let in for one tenant only', () => {
    expect(() => as(['build', 'shop'])).toThrow(/several tenants/);
    expect(as(['build', 'shop'], new Map([...tenants, ['shop', 'build']])).tenant).toBe('build');
    expect(() => as(['build'], new Map([...tenants, ['*', 'all']]))).toThrow(/several tenants/);
    expect(as([], new Map([['*', 'all']])).tenant).toBe('all');
  });
});
