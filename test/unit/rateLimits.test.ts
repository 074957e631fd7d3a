import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/configuration.js';
import { entry, startKeysApi, valueOf, type KeysApi } from './keysApi.js';

let api: KeysApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

/** So slow that no token comes while a test runs. */
const SLOW = { requests: 3, per: '1h' };
const PATH = '/v1/messages';

async function ask(key?: string): Promise<{ status: number; headers: Headers }> {
  if (!api) throw new Error('There is no API.');
  return await api.request('GET', PATH, { key: key && valueOf(key) });
}

describe('a rate limit', () => {
  it('of a key is its own, and each answer says what is left', async () => {
    api = await startKeysApi({
      keys: [entry('ci', ['read'], { rateLimit: SLOW }), entry('other', ['read'])],
    });
    for (const left of [2, 1, 0]) {
      const { headers, status } = await ask('ci');
      expect(status).toBe(200);
      expect(headers.get('ratelimit-policy')).toBe('"key";q=3;w=3600');
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"key";r=${left};t=\\d+$`));
    }
    const refused = await api.request('GET', PATH, { key: valueOf('ci') });
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ type: 'too_many_requests', status: 429 });
    // The first token after a third of an hour.
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1_100);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(1_200);
    expect(refused.headers.get('ratelimit')).toMatch(/^"key";r=0;t=3[56]\d\d$/);

    const other = await ask('other');
    expect([other.status, other.headers.get('ratelimit')]).toEqual([200, null]);
    const counted = await api.metrics.callerRequests.get();
    const limited = counted.values.find(({ labels }) => labels.outcome === 'limited');
    expect(limited).toMatchObject({ labels: { caller: 'ci' }, value: 1 });
  });

  it('refuses before anything is done, whatever the route', async () => {
    const rateLimit = { requests: 1, per: '1h' };
    api = await startKeysApi({ keys: [entry('ci', ['admin'], { rateLimit })] });
    expect((await ask('ci')).status).toBe(200);
    const key = valueOf('ci');
    const body = { destinations: ['slack:default/C0123ABC'], content: { text: 'x' } };
    for (const [method, path] of [
      ['POST', '/v1/messages'],
      ['POST', '/v1/messages/batch'],
      ['POST', '/v1/events'],
      ['DELETE', '/v1/messages/x'],
      ['GET', '/metrics'],
    ] as const) {
      const { status } = await api.request(method, path, {
        key,
        ...(method === 'POST' && { body }),
      });
      expect([path, status]).toEqual([path, 429]);
    }
    expect(api.starts).toEqual([]);
    expect((await api.request('GET', '/healthz')).status).toBe(200);
  });

  it('of the installation is for callers without one, each by itself', async () => {
    api = await startKeysApi({
      rateLimit: { requests: 1, per: '1h', burst: 2 },
      keys: [entry('a', ['read']), entry('b', ['read']), entry('c', ['read'], { rateLimit: SLOW })],
    });
    for (const key of ['a', 'b']) {
      expect((await ask(key)).headers.get('ratelimit-policy')).toBe('"default";q=2;w=7200');
      expect((await ask(key)).status).toBe(200);
      expect((await ask(key)).status).toBe(429);
    }
    expect((await ask('c')).headers.get('ratelimit-policy')).toBe('"key";q=3;w=3600');
  });

  it('is also for an API that needs no key', async () => {
    api = await startKeysApi({ rateLimit: { requests: 2, per: '1h' } });
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([
      200, 200, 429,
    ]);
  });

  it('is not there where nobody has set one', async () => {
    api = await startKeysApi({});
    const { headers } = await ask();
    expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([null, null]);
  });

  it.each([
    [{ requests: 0 }, /requests/],
    [{ requests: 1.5 }, /requests/],
    [{ requests: '100' }, /requests/],
    [{ requests: 10_000_000 }, /requests/],
    [{ requests: 1, per: '10ms' }, /per: must be at least 1s/],
    [{ requests: 1, per: '2h' }, /per: must be at most 1h/],
    [{ requests: 1, per: 60 }, /per: needs a unit: write 60s or 1m/],
    [{ requests: 1, burst: 0 }, /burst/],
    [{ request: 1 }, /did you mean "requests"/],
    [{}, /requests: is required/],
    [100, /rateLimit/],
    [[], /rateLimit/],
  ])('can’t be %j', (rateLimit, fault) => {
    const directory = mkdtempSync(join(tmpdir(), 'sendproof-rate-'));
    const file = join(directory, 'sendproof.yaml');
    writeFileSync(file, JSON.stringify({ rateLimit }));
    expect(() => loadConfiguration({ SENDPROOF_CONFIG: file })).toThrow(fault);
    rmSync(directory, { recursive: true });
  });
});
