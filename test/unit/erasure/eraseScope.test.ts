/** An erasure needs the scope `admin`: those who may decide can't take away what decisions are explained by. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entry, startKeysApi, valueOf, type KeysApi } from '../keysApi.js';

let api: KeysApi;
beforeAll(async () => {
  api = await startKeysApi({
    keys: [entry('decider', ['send', 'read', 'decide', 'metrics']), entry('root', ['admin'])],
  });
});
afterAll(() => api.close());

const erase = (key: string | undefined, what: string) =>
  api.request('DELETE', `/v1/messages/some-key?erase=${what}`, { key });

it.each(['content', 'all', 'nonsense', ''])('is refused to others (erase=%s)', async (what) => {
  expect((await erase(undefined, what)).status).toBe(401);
  const { body, status } = await erase(valueOf('decider'), what);
  expect([status, body.type]).toEqual([403, 'not_allowed']);
  expect(body.detail).toContain('scope "admin"');
  expect(api.audit().at(-1)).toMatchObject({ key: 'decider', outcome: 'refused' });
});

it('is possible with it, and has two forms', async () => {
  expect([401, 403]).not.toContain((await erase(valueOf('root'), 'content')).status);
  expect((await erase(valueOf('root'), 'nonsense')).status).toBe(400);
});
