/** Each path says which methods it takes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../openapiOperations.js';
import { PAGE_METHODS } from '../../src/api/pages/pages.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';

let intake: IntakeApi;
beforeAll(async () => {
  intake = await startIntakeApi({ SENDPROOF_API_KEYS: 'a-key' });
});
afterAll(() => intake.close());

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

function methodsByPath(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (path: string, method: string) => {
    const methods = found.get(path) ?? new Set(['OPTIONS']);
    found.set(path, methods.add(method));
    if (method === 'GET') methods.add('HEAD');
  };
  // The methods of a source depend on its type.
  const ofTheApi = operations.filter(({ path }) => !path.startsWith('/v1/sources/'));
  for (const { path, method } of ofTheApi) add(path, method.toUpperCase());
  for (const [path, methods] of Object.entries(PAGE_METHODS)) {
    for (const method of methods) add(path, method);
  }
  add('/openapi.json', 'GET');
  return found;
}

describe.each([...methodsByPath()])('%s', (template, taken) => {
  // "batch" may be a key too.
  const path = template.replace('{key}', 'some-key').replace(/\{\w+\}/, 'x');
  const inFull = new Set([
    ...taken,
    ...(template === '/v1/messages/batch' ? (methodsByPath().get('/v1/messages/{key}') ?? []) : []),
  ]);
  const allow = [...inFull].sort().join(', ');

  it('answers OPTIONS with its methods, without a key', async () => {
    const answer = await fetch(new URL(path, intake.api.url), { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe(allow);
    expect(await answer.text()).toBe('');
  });

  it('refuses other methods, and names those that it takes', async () => {
    for (const method of METHODS.filter((each) => !inFull.has(each))) {
      const answer = await fetch(new URL(path, intake.api.url), { method });
      expect(answer.status, method).toBe(405);
      expect(answer.headers.get('allow'), method).toBe(allow);
      const text = await answer.text();
      if (method !== 'HEAD') expect(JSON.parse(text)).toMatchObject({ type: 'method_not_allowed' });
    }
  });

  it('takes its own', async () => {
    for (const method of inFull) {
      const answer = await fetch(new URL(path, intake.api.url), { method, redirect: 'manual' });
      expect(answer.status, method).not.toBe(405);
    }
  });
});

it('leaves paths that the API doesn’t have to a 404', async () => {
  for (const path of ['/v2/messages', '/v1', '/messagesx', '/v1/messages/a/b/c']) {
    const headers = { authorization: 'Bearer a-key' };
    const answer = await fetch(new URL(path, intake.api.url), { method: 'PUT', headers });
    expect(answer.status, path).toBe(404);
  }
});
