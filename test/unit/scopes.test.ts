/** Every route asks for a scope: those of the OpenAPI document, and the pages. */
import { createHash, createHmac } from 'node:crypto';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_METHODS } from '../../src/api/pages/pages.js';
import { DecisionForms } from '../../src/api/pages/parts.js';
import { CurrentViewer } from '../../src/api/pages/viewer.js';
import { SCOPES, type Scope } from '../../src/config/keys.js';
import { operations } from '../openapiOperations.js';
import { entry, hashOf, startKeysApi, valueOf, type KeysApi } from './keysApi.js';

const GRANTED = SCOPES.filter((scope) => scope !== 'admin');
const ONLY = GRANTED.map((scope) => entry(`only-${scope}`, [scope]));
const WITHOUT = GRANTED.map((scope) =>
  entry(
    `without-${scope}`,
    GRANTED.filter((each) => each !== scope),
  ),
);

let api: KeysApi;
beforeAll(async () => {
  api = await startKeysApi({ keys: [...ONLY, ...WITHOUT, entry('root', ['admin'])] });
});
afterAll(() => api.close());

/** Those that authenticate in another way, or that need no key. */
const OPEN = [
  ...['get /healthz', 'get /readyz'],
  ...['post /v1/sources/{name}', 'post /v1/sources/{name}/{token}'],
];

const needing = operations.filter(({ method, path }) => !OPEN.includes(`${method} ${path}`));

const pathOf = (template: string): string =>
  template.replace('{key}', 'some-key').replace(/\{\w+\}/, 'x');

describe.each(needing)('$method $path', ({ method, operation, path }) => {
  const [{ apiKey = [] } = {}] = (operation.security ?? []) as { apiKey?: Scope[] }[];
  const [scope = 'admin'] = apiKey;
  const send = (key?: string) =>
    api.request(method.toUpperCase(), pathOf(path), {
      key,
      ...(method !== 'get' && { body: {} }),
    });

  it('documents the one scope that it needs, and the refusal', () => {
    expect(GRANTED).toContain(scope);
    expect(apiKey).toHaveLength(1);
    expect(Object.keys(operation.responses)).toContain('403');
  });

  it('is for nobody without a key', async () => {
    expect((await send()).status).toBe(401);
  });

  it('is not for a key with all other scopes', async () => {
    const { body, status } = await send(valueOf(`without-${scope}`));
    expect([status, body.type]).toEqual([403, 'not_allowed']);
    expect(body.detail).toContain(`"without-${scope}"`);
    expect(body.detail).toContain(`scope "${scope}"`);
  });

  it.each([`only-${scope}`, 'root'])('is for the key %s', async (name) => {
    expect([401, 403]).not.toContain((await send(valueOf(name))).status);
  });
});

it('takes neither another key, nor the hash of one, nor its name', async () => {
  for (const key of [valueOf('nobody'), hashOf(valueOf('root')), 'root', `${valueOf('root')}k`]) {
    expect((await api.request('GET', '/v1/messages', { key })).status).toBe(401);
  }
});

it('asks every operation of the document for a scope, but those that are open to all', () => {
  const open = operations.filter(({ operation }) => operation.security?.length === 0);
  expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...OPEN].sort());
});

/** Of each page's method. Undefined: open to all. A new page needs a line here. */
const PAGES: Record<string, Scope | undefined> = {
  'GET /messages': 'read',
  'GET /messages/{key}': 'read',
  'POST /messages/{key}/retry': 'decide',
  'POST /messages/{key}/discard': 'decide',
  'POST /messages/{key}/cancel': 'decide',
  'POST /messages/{key}/reschedule': 'decide',
  'GET /': 'read',
  'POST /dead-letters/decide': 'decide',
  'GET /decisions/{id}': 'read',
  'GET /conversations/{key}': 'read',
  'GET /batches/{id}': 'read',
  'POST /batches/{id}/cancel': 'decide',
  'GET /dead-letters': 'read',
  'GET /sources': 'read',
  'GET /sign-in': undefined,
  'POST /sign-in': undefined,
  'POST /sign-out': undefined,
  'GET /assets/{file}': undefined,
};

describe('the pages', () => {
  const own = (): Record<string, string> => ({
    origin: api.api.url,
    'sec-fetch-site': 'same-origin',
  });
  const signIn = async (name: string): Promise<string> => {
    const answer = await fetch(new URL('/sign-in', api.api.url), {
      method: 'POST',
      redirect: 'manual',
      headers: own(),
      body: new URLSearchParams({ key: valueOf(name) }),
    });
    expect(answer.status).toBe(303);
    return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  };

  it('are all in this table', () => {
    const pages = Object.entries(PAGE_METHODS).flatMap(([path, methods]) =>
      methods.map((method) => `${method} ${path}`),
    );
    expect(Object.keys(PAGES).sort()).toEqual(pages.sort());
  });

  it.each(Object.entries(PAGES).filter(([, scope]) => scope !== undefined))(
    '%s needs the scope %s',
    async (page, scope = 'admin') => {
      const [method = '', template = ''] = page.split(' ');
      const open = async (name: string) =>
        await api.request(method, pathOf(template), {
          headers: { ...own(), cookie: await signIn(name) },
        });
      const refused = await open(`without-${scope}`);
      expect(refused.status).toBe(403);
      expect(refused.text).toContain(`without-${scope}`);
      expect(refused.text).toContain('Sign in with another key');
      expect([401, 403, 303]).not.toContain((await open(`only-${scope}`)).status);
      expect((await api.request(method, pathOf(template), { headers: own() })).status).toBe(303);
    },
  );

  it('show no forms of decisions to somebody who may not decide', () => {
    const forms = (mayDecide: boolean) =>
      renderToString(
        h(
          CurrentViewer.Provider,
          {
            value: {
              ...{ person: undefined, mayDecide, signOutUrl: undefined },
              ...{ isNameNeeded: true, rememberedName: undefined },
            },
          },
          h(DecisionForms, { deduplicationKey: 'k' }),
        ),
      );
    expect(forms(true)).toContain('<form');
    expect(forms(false)).not.toContain('<form');
    expect(forms(false)).toContain('scope “decide”');
  });

  it('take no cookie that follows from the hash alone', async () => {
    const cookie = await signIn('root');
    const token = 'a'.repeat(43);
    const digest = createHash('sha256').update(valueOf('root')).digest();
    const forged = createHmac('sha256', digest).update(`sendproof session ${token}`);
    const ask = async (changed: string): Promise<number> =>
      (await api.request('GET', '/messages', { headers: { cookie: changed } })).status;
    expect(await ask(cookie)).toBe(200);
    expect(await ask(`sendproof_session=${token}.${forged.digest('base64url')}`)).toBe(303);
  });
});
