/** Sessions on the pages, of which Temporal knows when they end: two processes with one Temporal. */
import { createHmac } from 'node:crypto';
import type { Request, Response } from 'express';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiContext } from '../../../src/api/apiContext.js';
import { BELIEVED_FOR_MS, PageSessions } from '../../../src/api/pages/session.js';
import { digestOf, keysWithAllScopes } from '../../../src/config/keys.js';
import { GRPC_STATUS } from '../../../src/temporal/grpcStatus.js';
import { rememberedSessions } from '../rememberedSessions.js';
import { clientAnsweredBy, grpcError } from '../temporalService.js';

const KEY = 'a key of this test, and of nothing else';
let sessions: Map<string, number>;
let calls: string[];
let fault: Error | undefined;
let type: string | undefined;
beforeEach(() => {
  sessions = new Map();
  calls = [];
  fault = undefined;
  type = undefined;
});

const client = clientAnsweredBy((call) => {
  calls.push(call.method);
  if (fault) throw fault;
  const answer = rememberedSessions(sessions, type)(call);
  if (!answer) throw grpcError(GRPC_STATUS.NOT_FOUND, 'workflow not found');
  return answer;
});

/** One process of the API. */
function startProcess(keys: readonly string[] = [KEY]) {
  let now = 0;
  const configuration = { keys: keysWithAllScopes(keys) };
  const context = { configuration, decisionClient: client, readClient: client } as unknown;
  const pages = new PageSessions(context as ApiContext, () => now);
  const cookies: [name: string, value: string, attributes: object][] = [];
  return {
    cookies,
    pass: (ms: number) => (now += ms),
    keyOf: (cookie: string, headers: Record<string, string> = {}, basePath = '') =>
      pages.keyOf(requestWith({ ...headers, cookie }), responseWith(cookies, basePath)),
    signIn: async (headers: Record<string, string> = {}, basePath = '', key = KEY) => {
      await pages.begin(requestWith(headers), responseWith(cookies, basePath), digestOf(key));
      const [name = '', value = ''] = cookies.at(-1) ?? [];
      return `${name}=${value}`;
    },
    signOut: (cookie: string) => pages.end(requestWith({ cookie }), responseWith(cookies, '')),
  };
}

function requestWith(headers: Record<string, string>): Request {
  return {
    secure: false,
    get: (name: string) => new Map(Object.entries(headers)).get(name),
  } as unknown as Request;
}

function responseWith(cookies: [string, string, object][], basePath: string): Response {
  return {
    locals: { basePath },
    cookie: (name: string, value: string, attributes: object) =>
      cookies.push([name, value, attributes]),
    clearCookie: (name: string, attributes: object) => cookies.push([name, '', attributes]),
  } as unknown as Response;
}

describe('a session', () => {
  it('is known to all processes, and Temporal is not asked for it with each request', async () => {
    const [one, two] = [startProcess(), startProcess()];
    const cookie = await one.signIn();
    for (let time = 0; time < 10; time += 1) {
      expect(await one.keyOf(cookie)).toBeDefined();
      expect(await two.keyOf(cookie)).toBeDefined();
    }
    expect(calls).toEqual(['startWorkflowExecution', 'describeWorkflowExecution']);
  });

  it('is over in every process after its end, in a second one within seconds, and after a restart', async () => {
    const [one, two] = [startProcess(), startProcess()];
    const cookie = await one.signIn();
    expect(await two.keyOf(cookie)).toBeDefined();
    expect(await one.signOut(cookie)).toBeDefined();

    expect(await one.keyOf(cookie)).toBeUndefined();
    expect(await startProcess().keyOf(cookie)).toBeUndefined();
    two.pass(BELIEVED_FOR_MS);
    expect(await two.keyOf(cookie)).toBeUndefined();
    one.pass(BELIEVED_FOR_MS);
    expect(await one.keyOf(cookie)).toBeUndefined();
  });

  it('ends alone, and a new one of the same browser replaces it', async () => {
    const process = startProcess();
    const [mine, other] = [await process.signIn(), await process.signIn()];
    await process.signOut(mine);
    expect(await process.keyOf(other)).toBeDefined();

    const next = await process.signIn({ cookie: other });
    expect(await process.keyOf(other)).toBeUndefined();
    expect(await process.keyOf(next)).toBeDefined();
  });

  it('goes on where Temporal doesn’t take its end', async () => {
    const process = startProcess();
    const cookie = await process.signIn();
    fault = grpcError(GRPC_STATUS.UNAVAILABLE, 'away');
    await expect(process.signOut(cookie)).rejects.toThrow();
    expect(process.cookies).toHaveLength(1);
    expect(await process.keyOf(cookie)).toBeDefined();
    // What Temporal doesn't answer lets nobody in.
    process.pass(BELIEVED_FOR_MS);
    await expect(process.keyOf(cookie)).rejects.toThrow('away');
  });

  it('ends with its key', async () => {
    const cookie = await startProcess().signIn();
    expect(
      await startProcess(['another key, which is of this test too']).keyOf(cookie),
    ).toBeUndefined();
    expect(await startProcess([]).keyOf(cookie)).toBeUndefined();
  });

  it('of one key is none of another, also for whoever knows the hash of that one', async () => {
    const weak = 'a weaker key, which is of this test too';
    const process = startProcess([KEY, weak]);
    const [name = '', value = ''] = (await process.signIn({}, '', weak)).split('=');
    expect((await process.keyOf(`${name}=${value}`))?.digests).toEqual([digestOf(weak)]);
    const token = value.split('.')[0] ?? '';
    const forged = createHmac('sha256', digestOf(KEY)).update(`sendproof session ${token}`);
    expect(await process.keyOf(`${name}=${token}.${forged.digest('base64url')}`)).toBeUndefined();
    // The forged cookie is signed as the real one is: only the session is missing.
    expect(calls).toContain('describeWorkflowExecution');
  });

  it('stays ended where Temporal’s earlier answer comes later', async () => {
    const [one, two] = [startProcess(), startProcess()];
    const cookie = await one.signIn();
    const asked = two.keyOf(cookie);
    await two.signOut(cookie);
    await asked;
    expect(await two.keyOf(cookie)).toBeUndefined();
  });

  it('is no workflow of another type', async () => {
    const process = startProcess();
    const cookie = await process.signIn();
    const [id = ''] = sessions.keys();
    type = 'deliverMessage';
    process.pass(BELIEVED_FOR_MS);
    expect(sessions.has(id)).toBe(true);
    expect(await process.keyOf(cookie)).toBeUndefined();
  });

  it('has an id that doesn’t reveal the cookie', async () => {
    const cookie = await startProcess().signIn();
    const [id = ''] = sessions.keys();
    expect(id).toMatch(/^sendproof\/session\/[0-9a-f]{64}$/);
    const [token = ''] = cookie.split('=')[1]?.split('.') ?? [];
    expect(id).not.toContain(token);
    expect(cookie).not.toContain(KEY);
  });
});

it.each<[string, (value: string) => string]>([
  ['is changed', (value) => value.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))],
  ['has another signature', (value) => value.replace(/.$/, (last) => (last === '_' ? '-' : '_'))],
  ['has no signature', (value) => value.split('.')[0] ?? ''],
  ['is longer', (value) => `${value}A`],
  ['is of an earlier release', () => `${Date.now() + 60_000}.${'a'.repeat(43)}`],
  ['is empty', () => ''],
])('a cookie that %s is nobody’s, and Temporal is not asked', async (_, change) => {
  const process = startProcess();
  const [name = '', value = ''] = (await process.signIn()).split('=');
  calls.length = 0;
  expect(await process.keyOf(`${name}=${change(value)}`)).toBeUndefined();
  expect(calls).toEqual([]);
});

it('finds the session among other cookies, and looks at no more than a few', async () => {
  const process = startProcess();
  const cookie = await process.signIn();
  const foreign = `sendproof_session=${'a'.repeat(43)}.${'b'.repeat(43)}`;
  expect(await process.keyOf(`a=b; ${foreign}; ${cookie}; c=d`)).toBeDefined();
  expect(await process.keyOf(`xsendproof_session=1; ${cookie}`)).toBeDefined();
  expect(await process.keyOf(`x${cookie}`)).toBeUndefined();
  expect(await process.keyOf(`${`${foreign}; `.repeat(50)}${cookie}`)).toBeUndefined();
});

it('over https has no session by the cookie that another site of the domain can set', async () => {
  const process = startProcess();
  const https = { 'x-forwarded-proto': 'https' };
  const planted = await process.signIn();
  expect(await process.keyOf(planted, https)).toBeUndefined();
  const own = await process.signIn(https);
  expect(await process.keyOf(`${planted}; ${own}`, https)).toBeDefined();
});

it.each<[string, Record<string, string>, string, string, object]>([
  ['plain HTTP', {}, '', 'sendproof_session', { secure: false, path: '/' }],
  [
    'https',
    { 'x-forwarded-proto': 'https' },
    '',
    '__Host-sendproof_session',
    { secure: true, path: '/' },
  ],
  [
    'https below a path',
    { 'x-forwarded-proto': 'https' },
    '/ops',
    'sendproof_session',
    { secure: true, path: '/ops' },
  ],
])(
  'over %s the cookie is for these pages alone',
  async (_, headers, basePath, name, attributes) => {
    const process = startProcess();
    const cookie = await process.signIn(headers, basePath);
    expect(cookie.split('=')[0]).toBe(name);
    expect(process.cookies[0]?.[2]).toMatchObject({
      httpOnly: true,
      sameSite: 'strict',
      ...attributes,
    });
    expect(await process.keyOf(cookie, headers, basePath)).toBeDefined();
  },
);
