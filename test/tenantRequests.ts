/** What a caller can ask of the API and its pages about an id: every operation of the OpenAPI document, and every page. */
import { PAGE_METHODS } from '../src/api/pages/pages.js';
import { operations } from './openapiOperations.js';

export interface Asked {
  /** As `get /v1/messages/{key}`, or `page GET /messages/{key}`. */
  name: string;
  method: string;
  /** With the query. */
  path: string;
  body?: unknown;
  /** Of a page: the fields of its form. */
  form?: Record<string, string> | undefined;
  headers?: Record<string, string>;
  /** Pages are opened with a session, and all else with a key. */
  isPage: boolean;
  /** Whether it is about the id in its path, which others must not know. */
  isAboutId: boolean;
}

const message = (deduplicationKey: string) => ({
  deduplicationKey,
  destinations: ['slack:default/C0123ABC'],
  content: { text: 'x' },
  conversation: { key: 'incident' },
});

/** Bodies that are accepted. A new operation with a body needs a line. */
const BODIES: Record<string, (id: string) => unknown> = {
  'post /v1/messages': (id) => message(id),
  'post /v1/messages/batch': (id) => ({ messages: [message(id)] }),
  'post /v1/events': (key) => ({ key, source: 'hers', title: 'x', conversation: 'incident' }),
  'post /v1/events/batch': (key) => ({ events: [{ key, source: 'theirs', title: 'x' }] }),
  'post /v1/messages/{key}/retry': () => ({}),
  'post /v1/messages/{key}/discard': () => ({ by: 'ada', reason: 'x' }),
  'patch /v1/messages/{key}': () => ({ deliverAt: null }),
  'post /v1/dead-letters/retry': (id) => ({
    ...{ filter: {}, by: 'ada', reason: 'x' },
    id: id.slice(0, 200),
  }),
  'post /v1/dead-letters/discard': () => ({ filter: {}, by: 'ada', reason: 'x' }),
  'post /v1/codec/decode': () => ({ payloads: [] }),
  'post /v1/codec/encode': () => ({ payloads: [] }),
};

const HEADERS: Record<string, Record<string, string>> = {
  'post /v1/messages/batch': { prefer: 'respond-async' },
};

/** The fields of forms. A new page with a form needs a line. */
const FORMS: Record<string, Record<string, string>> = {
  '/messages/{key}/retry': { by: 'ada' },
  '/messages/{key}/discard': { by: 'ada', reason: 'x' },
  '/messages/{key}/cancel': { by: 'ada' },
  '/messages/{key}/reschedule': { by: 'ada', when: 'now' },
  '/dead-letters/decide': { by: 'ada', reason: 'x', decision: 'retry-all', confirmed: 'yes' },
  '/batches/{id}/cancel': { by: 'ada' },
  '/sign-in': { key: 'x' },
};

const ASSETS = '/assets/{file}';

/** They end the session that the others need. */
const LEFT_OUT = ['/sign-out'];

const SEARCHES = [
  ...['?q=incident', '?q=ops+7', '?q=ops-7', '?reference=7', '?conversation=incident'],
  ...['?source=ops', '?status=dead_lettered', '?status=confirmed'],
];

const QUERIES: Record<string, string[]> = {
  'get /v1/messages': ['', ...SEARCHES],
  'page GET /messages': ['', ...SEARCHES],
  'get /v1/messages/{key}': ['', '?wait=1ms'],
  'get /v1/batches/{id}': ['', '?results=all'],
  'delete /v1/messages/{key}': ['', '?by=ada&reason=x', '?erase=content', '?erase=all'],
};

/** Without a caller: each source knows its own senders. */
const WITHOUT_CALLER = ['/healthz', '/readyz', '/v1/sources/{name}', '/v1/sources/{name}/{token}'];

/** Throws where an operation or a page was added that this doesn't know how to ask. */
export function requestsAbout(id: string): Asked[] {
  const at = (template: string) => template.replace(/\{\w+\}/, encodeURIComponent(id));
  const ofApi = operations
    .filter(({ path }) => !WITHOUT_CALLER.includes(path))
    .flatMap(({ method, operation, path }) => {
      const name = `${method} ${path}`;
      const body = BODIES[name];
      if ((operation.requestBody === undefined) !== (body === undefined)) {
        throw new Error(`${name} needs a line in BODIES, or no longer does.`);
      }
      return (QUERIES[name] ?? ['']).map((query): Asked => ({
        ...{ name, method: method.toUpperCase(), path: at(path) + query },
        ...{ isPage: false, isAboutId: path.includes('{') },
        ...(body && { body: body(id) }),
        ...(HEADERS[name] && { headers: HEADERS[name] }),
      }));
    });
  const ofPages = Object.entries(PAGE_METHODS)
    .filter(([path]) => !LEFT_OUT.includes(path))
    .flatMap(([path, methods]) =>
      methods.flatMap((method) => {
        const name = `page ${method} ${path}`;
        if (method === 'POST' && !FORMS[path]) throw new Error(`${name} needs a line in FORMS.`);
        return (QUERIES[name] ?? ['']).map((query): Asked => ({
          ...{ name, method, path: at(path) + query, isPage: true },
          ...{
            isAboutId: path.includes('{') && path !== ASSETS,
            form: method === 'POST' ? FORMS[path] : undefined,
          },
        }));
      }),
    );
  return [...ofApi, ...ofPages];
}

/** Asks as somebody with this key, or on pages with this session. */
export async function ask(
  base: string,
  { body, form, headers, isPage, method, path }: Asked,
  { cookie, key }: { key: string; cookie: string },
): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await fetch(new URL(path, base), {
    method,
    redirect: 'manual',
    headers: {
      ...(isPage
        ? { origin: new URL(base).origin, 'sec-fetch-site': 'same-origin', cookie }
        : { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(form && { body: new URLSearchParams(form) }),
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** The cookie of a session on the pages. */
export async function signIn(base: string, key: string): Promise<string> {
  const answer = await fetch(new URL('/sign-in', base), {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: new URL(base).origin, 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ key }),
  });
  await answer.text();
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}
