/** The page behind a signed link, over a Temporal that knows no message: what is asked, and what an answer says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/configuration.js';
import { linkedPage } from '../../src/links/postLinks.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';
import { grpcError } from './temporalService.js';

const KEY = 'a key/with 100%?#🔥';
const PUBLIC_URL = 'https://sendproof.example.com';

let directory: string;
let environment: NodeJS.ProcessEnv;
let intake: IntakeApi;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-links-'));
  const file = join(directory, 'sendproof.yaml');
  writeFileSync(file, 'posts: { link: signed, secret: [{ env: NEW }, { env: OLD }] }\n');
  environment = {
    SENDPROOF_CONFIG: file,
    SLACK_BOT_TOKEN: 'unused',
    SENDPROOF_API_KEYS: 'key-of-the-api',
    PUBLIC_URL,
    NEW: 'the newest secret',
    OLD: 'the secret before it',
  };
  intake = await startIntakeApi(environment, ({ method }) => {
    if (method !== 'describeWorkflowExecution') return undefined;
    throw grpcError(GRPC_STATUS.NOT_FOUND, 'there is no such workflow');
  });
});
afterAll(async () => {
  await intake.close();
  rmSync(directory, { recursive: true });
});

/** The path of the link in a post. */
function pathOf(key: string, now = Date.now()): string {
  const { postLinks } = loadConfiguration(environment);
  const { link = '' } = linkedPage(key, PUBLIC_URL, postLinks, { now });
  return link.slice(PUBLIC_URL.length);
}

async function get(path: string, init: RequestInit = {}) {
  intake.calls.length = 0;
  const answer = await fetch(intake.api.url + path, { redirect: 'manual', ...init });
  return { answer, status: answer.status, text: await answer.text() };
}

describe('a signed link', () => {
  it('opens the page of its message without a session', async () => {
    const { answer, status, text } = await get(pathOf(KEY));
    // That Temporal was asked shows that the link was accepted.
    expect(intake.calls.map(({ method }) => method)).toContain('describeWorkflowExecution');
    expect(status).toBe(404);
    expect(text).toContain('no longer kept');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-robots-tag')).toBe('noindex');
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('searches for no similar keys, which are those of other messages', async () => {
    const { text } = await get(pathOf(KEY));
    expect(intake.calls.map(({ method }) => method)).toEqual(['describeWorkflowExecution']);
    expect(text).not.toMatch(/<form|<nav|href="\/(messages|dead-letters|sources)"/);
  });

  it('works with HEAD, and with parameters that others have added to it', async () => {
    expect((await get(pathOf(KEY), { method: 'HEAD' })).status).toBe(404);
    expect((await get(`${pathOf(KEY)}&utm_source=chat`)).status).toBe(404);
  });

  it.each<[string, number, string]>([
    ['is expired', 410, 'expired'],
    ['has another signature', 403, 'not valid'],
    ['is for another message', 403, 'not valid'],
    ['is cut off', 403, 'not valid'],
    ['has two signatures', 403, 'not valid'],
    ['is not percent-encoded UTF-8', 403, 'not valid'],
    ['is empty', 403, 'not valid'],
  ])('that %s is answered %i, and Temporal is not asked', async (what, wanted, words) => {
    const path = pathOf(KEY);
    const [page = '', signed = ''] = path.split('?signed=');
    const paths: Record<string, string> = {
      'is expired': pathOf(KEY, Date.now() - 40 * 24 * 3_600_000),
      'has another signature': `${page}?signed=${signed.slice(0, -1)}_`,
      'is for another message': `/messages/other?signed=${signed}`,
      'is cut off': `${page}?signed=${signed.slice(0, 30)}`,
      'has two signatures': `${path}&signed=${signed}`,
      'is not percent-encoded UTF-8': `${page}?signed=%ff${signed}`,
      'is empty': `${page}?signed=`,
    };
    const { answer, status, text } = await get(paths[what] ?? '');
    expect([status, text.includes(words)]).toEqual([wanted, true]);
    expect(intake.calls).toEqual([]);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    // The way to sign in, without the signature.
    expect(text).toMatch(/<a href="\/messages\/[^"?]*">Sign in/);
    expect(text).not.toContain(signed);
    expect(text).not.toMatch(/<form|<nav/);
  });

  it('is for its own page alone', async () => {
    const path = pathOf(KEY);
    const [page = '', signed = ''] = path.split('?signed=');
    const others = [page, `/messages?signed=${signed}`, `/dead-letters?signed=${signed}`];
    for (const other of others) expect((await get(other)).status).toBe(303);
    expect((await get(`/v1${path}`)).status).toBe(401);
    expect((await get(`/v1${page}/timeline?signed=${signed}`)).status).toBe(401);
    for (const action of ['retry', 'discard']) {
      const posted = await get(`${page}/${action}?signed=${signed}`, { method: 'POST' });
      expect(posted.answer.headers.get('location')).toContain('/sign-in');
    }
    expect((await get(path, { method: 'POST' })).status).toBe(405);
    expect(intake.calls).toEqual([]);
  });
});

describe('posts.link', () => {
  const load = (yaml: string, more: NodeJS.ProcessEnv = {}) => {
    const file = join(directory, 'other.yaml');
    writeFileSync(file, yaml);
    return loadConfiguration({ SLACK_BOT_TOKEN: 'x', SENDPROOF_CONFIG: file, ...more });
  };

  it.each([
    ['posts: { link: signed, secret: { env: X } }', {}, 'posts.link: "signed" needs PUBLIC_URL'],
    ['posts: { link: page }', {}, 'posts.link: "page" needs PUBLIC_URL'],
    ['posts: { link: signed }', { PUBLIC_URL }, 'posts.secret: is needed'],
    ['posts: { link: yes }', { PUBLIC_URL }, 'posts.link: must be off, page or signed'],
    ['posts: { link: signed, secret: [] }', { PUBLIC_URL }, 'posts.secret'],
    ['posts: { link: signed, secret: hunter2 }', { PUBLIC_URL }, 'posts.secret: must be { env'],
    ['posts: { links: signed }', { PUBLIC_URL }, 'did you mean "link"?'],
    ['posts: { validFor: 30 }', { PUBLIC_URL }, 'posts.validFor: needs a unit'],
    ['posts: { validFor: 10y }', { PUBLIC_URL }, 'posts.validFor: must be at most 366d'],
  ])('%s is refused: %j %s', (yaml, more, fault) => {
    expect(() => load(yaml, more)).toThrow(fault);
  });

  it('is off by default', () => {
    expect(load('posts: {}').postLinks).toEqual({ kind: 'off' });
    expect(load('retry: {}').postLinks).toEqual({ kind: 'off' });
    expect(load('posts: { link: off }').postLinks).toEqual({ kind: 'off' });
  });

  it('keeps the API from starting without any of its secrets', async () => {
    const start = startIntakeApi({ ...environment, NEW: '', OLD: '' });
    await expect(start).rejects.toThrow('posts.secret: The environment variable NEW is not set');
  });
});
