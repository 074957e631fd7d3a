/** `keys:` and SENDPROOF_API_KEYS: what is refused, who is let in, and what happens to wrong keys. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { findKey } from '../../src/api/authentication.js';
import { LiveConfiguration } from '../../src/api/liveConfiguration.js';
import { pauseAfter, WrongKeys } from '../../src/api/wrongKeys.js';
import { loadConfiguration, type Configuration } from '../../src/config/configuration.js';
import { keysSchema, keysWithAllScopes, SCOPES } from '../../src/config/keys.js';
import { inputFaults } from '../../src/lib/inputFaults.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { entry, hashOf, startKeysApi, valueOf, type KeysApi } from './keysApi.js';

const faultsOf = (keys: unknown): string[] =>
  (keysSchema.safeParse(keys, { error: inputFaults({ name: 'setting' }) }).error?.issues ?? []).map(
    ({ message, path }) => `${path.join('.')}: ${message}`,
  );

describe('`keys:`', () => {
  const good = { name: 'ci', hash: hashOf(valueOf('ci')), scopes: ['send'] };

  it.each<[string, unknown, RegExp]>([
    ['no list', { ci: good }, /must be a list/],
    ['no map', ['ci'], /^0: must be a map/],
    ['no name', [{ ...good, name: undefined }], /^0\.name: is required/],
    ['a name with a space', [{ ...good, name: 'two words' }], /^0\.name: must begin with/],
    ['a name that is too long', [{ ...good, name: 'x'.repeat(64) }], /^0\.name/],
    ['no hash', [{ ...good, hash: undefined }], /^0\.hash: must be "sha256:"/],
    ['the key itself', [{ ...good, hash: valueOf('ci') }], /^0\.hash: must be "sha256:"/],
    ['another hash', [{ ...good, hash: 'md5:00' }], /^0\.hash: must be "sha256:"/],
    ['the hash of nothing', [{ ...good, hash: hashOf('') }], /^0\.hash: is the hash of an empty/],
    ['no hashes', [{ ...good, hash: [] }], /^0\.hash/],
    ['no scopes', [{ ...good, scopes: [] }], /^0\.scopes: must have at least one of send/],
    ['a misspelt scope', [{ ...good, scopes: ['sent'] }], /^0\.scopes\.0: .*did you mean "send"/],
    ['a misspelt setting', [{ ...good, scope: ['send'] }], /did you mean "scopes"/],
    [
      'no destinations',
      [{ ...good, destinations: [] }],
      /^0\.destinations: must have at least one/,
    ],
    ['another platform', [{ ...good, destinations: ['slak:*'] }], /did you mean "slack"/],
    ['no destination', [{ ...good, destinations: ['C0123'] }], /must have the form <platform>/],
    ['an empty source', [{ ...good, sources: [' '] }], /^0\.sources\.0: must not be empty/],
    ['one name twice', [good, { ...good, hash: hashOf('x') }], /^1\.name: "ci" is the name/],
    ['one hash twice', [good, { ...good, name: 'other' }], /^1\.hash: is the hash of another/],
  ])('has no %s', (_, keys, fault) => {
    const faults = faultsOf(keys);
    expect(faults.join('\n')).toMatch(fault);
    expect(faults.join('\n')).not.toContain(valueOf('ci'));
  });

  it('has what it may', () => {
    const all = { ...good, destinations: ['slack:*', 'teams:default/chats/*'], sources: ['ci-*'] };
    expect(faultsOf([all, entry('b', [...SCOPES])])).toEqual([]);
    expect(
      faultsOf([
        { ...good, hash: [hashOf('one'), hashOf('two').toUpperCase().replace('SHA', 'sha')] },
      ]),
    ).toEqual([]);
  });
});

describe('a key', () => {
  it('is found by its value alone', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 }),
        fc.string(),
        (values, other) => {
          const keys = keysWithAllScopes(values);
          for (const value of values) expect(findKey(value, keys)?.plain).toBe(value);
          if (!values.includes(other)) expect(findKey(other, keys)).toBeUndefined();
        },
      ),
    );
  });

  it('of SENDPROOF_API_KEYS keeps its name beside others, and shows nothing of a short one', () => {
    const [long, other] = [valueOf('a'), valueOf('b')];
    const nameIn = (values: string[]) => findKey(long, keysWithAllScopes(values))?.name;
    expect(nameIn([long, other])).toBe(nameIn([other, long]));
    expect(nameIn([long])).toMatch(/^key-[0-9a-f]{8}$/);
    expect(keysWithAllScopes(['dev', long]).map(({ name }) => name)[0]).toBe('short-key-1');
  });
});

describe('the API', () => {
  let api: KeysApi | undefined;
  afterEach(() => api?.close());

  it('takes the keys of both places, and each hash of a key', async () => {
    const simple = valueOf('simple');
    const two = {
      name: 'two',
      hash: [hashOf(valueOf('new')), hashOf(valueOf('old'))],
      scopes: ['read'],
    };
    api = await startKeysApi({ keys: [two] }, { SENDPROOF_API_KEYS: simple });
    for (const key of [simple, valueOf('new'), valueOf('old')]) {
      expect((await api.request('GET', '/v1/messages', { key })).status).toBe(200);
    }
    expect((await api.request('GET', '/metrics', { key: simple })).status).toBe(200);
    expect((await api.request('GET', '/metrics', { key: valueOf('new') })).status).toBe(403);
  });

  it('counts requests by the name of their key, and wrong keys, and logs who was refused', async () => {
    api = await startKeysApi({ keys: [entry('reader', ['read'])] });
    const [right, wrong] = [valueOf('reader'), valueOf('wrong')];
    await api.request('GET', '/v1/messages', { key: right });
    await api.request('GET', '/metrics', { key: right });
    await api.request('GET', '/v1/messages', { key: wrong });
    await api.request('GET', '/v1/messages');
    const exposed = await api.metrics.registry.metrics();
    expect(exposed).toContain(
      'sendproof_caller_requests_total{caller="reader",outcome="allowed"} 1',
    );
    expect(exposed).toContain(
      'sendproof_caller_requests_total{caller="reader",outcome="refused"} 1',
    );
    expect(exposed).toContain('sendproof_wrong_keys_total 1');
    expect(api.audit()).toMatchObject([
      { action: 'request', key: 'reader', outcome: 'refused', operation: 'GET /metrics' },
      { action: 'request', outcome: 'refused', problem: 'not_authenticated' },
      { action: 'request', outcome: 'refused', problem: 'not_authenticated' },
    ]);
    expect(api.audit()[1]).not.toHaveProperty('key');
    for (const key of [right, wrong]) expect(api.log()).not.toContain(key);
  });

  it('warns of keys that can be guessed, which work all the same', async () => {
    api = await startKeysApi({}, { SENDPROOF_API_KEYS: 'dev' });
    expect((await api.request('GET', '/v1/messages', { key: 'dev' })).status).toBe(200);
    expect(api.log()).toContain('can be guessed');
    expect(api.log()).not.toContain('"dev"');
  });
});

describe('a change of the file', () => {
  const withKeys = (...keys: object[]): Configuration => ({
    ...loadConfiguration({ SLACK_BOT_TOKEN: 'unused' }),
    keys: keysSchema.parse(keys),
  });

  it('changes the keys without a restart, but never removes the last one', () => {
    const live = new LiveConfiguration(withKeys(entry('old', ['send'])));
    live.apply(withKeys(entry('new', ['send'])));
    expect(live.current.keys.map(({ name }) => name)).toEqual(['new']);
    expect(() => live.apply(withKeys())).toThrow(/^keys: the last key/);
    expect(live.current.keys).toHaveLength(1);
  });
});

describe('a wrong key', () => {
  const request = (remoteAddress: string) => ({ socket: { remoteAddress } }) as never;

  it('is answered ever later, up to a second', () => {
    expect([1, 10, 11, 12, 15, 16, 1e9].map(pauseAfter)).toEqual([0, 0, 50, 100, 800, 1000, 1000]);
  });

  it('slows its own address, or network of IPv6 addresses, and no other', async () => {
    const pauses: number[] = [];
    const wrong = new WrongKeys(createMetrics(), new AbortController().signal, async (ms) => {
      pauses.push(ms);
      await Promise.resolve();
    });
    const from = async (address: string): Promise<number | undefined> => {
      pauses.length = 0;
      await wrong.note(request(address));
      return pauses[0];
    };
    for (let count = 0; count < 10; count += 1) {
      expect(await from('192.0.2.1')).toBeUndefined();
      expect(await from(`2001:db8::${count}`)).toBeUndefined();
    }
    expect(await from('192.0.2.1')).toBe(50);
    expect(await from('192.0.2.2')).toBeUndefined();
    expect(await from('2001:db8:0:0:ffff::1')).toBe(50);
    expect(await from('2001:db8:0:1::1')).toBeUndefined();
    expect(await from('::ffff:192.0.2.1')).toBeUndefined();
  });

  it('is answered at once where many are held back, or the API stops', async () => {
    const stopping = new AbortController();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let pauses = 0;
    const wrong = new WrongKeys(createMetrics(), stopping.signal, async () => {
      pauses += 1;
      await held;
    });
    for (let count = 0; count < 10; count += 1) await wrong.note(request('192.0.2.1'));
    const waiting = Array.from({ length: 500 }, () => wrong.note(request('192.0.2.1')));
    await wrong.note(request('192.0.2.1'));
    expect(pauses).toBe(500);
    release();
    await Promise.all(waiting);
    stopping.abort();
    await wrong.note(request('192.0.2.1'));
    expect(pauses).toBe(500);
  });
});
