/** Which tokens are believed, with keys and signatures that are made here. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  base64url,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWTPayload,
} from 'jose';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeysUnavailable } from '../../../src/http/publishedKeys.js';
import { TokenIdentities, TokenRefused } from '../../../src/api/people/tokenIdentity.js';
import type { TokenSettings } from '../../../src/config/people.js';
import { createTransport, type Transport } from '../../../src/http/transport.js';

const ISSUER = 'https://idp.example.com/realms/ops';
const KEYS_URL = 'https://idp.example.com/keys';
const SETTINGS: TokenSettings = {
  header: 'authorization',
  issuer: ISSUER,
  audience: ['sendproof', 'sendproof-pages'],
  keysUrl: KEYS_URL,
  groupsClaim: 'groups',
};

interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  return { kid, alg, ...(await generateKeyPair(alg, { extractable: true })) };
}

let key: SigningKey;
let other: SigningKey;
let edwards: SigningKey;
beforeAll(async () => {
  [key, other, edwards] = await Promise.all([
    makeKey('one'),
    makeKey('two'),
    makeKey('three', 'EdDSA'),
  ]);
});

const seconds = (): number => Math.floor(Date.now() / 1_000);

function claims(more: JWTPayload = {}): JWTPayload {
  const now = seconds();
  return {
    ...{ iss: ISSUER, aud: 'sendproof', sub: 'u-1', email: 'ana@example.com' },
    ...{ iat: now, exp: now + 300, groups: ['sre', 'dev'] },
    ...more,
  };
}

const sign = (payload: JWTPayload, by: SigningKey = key, header: object = {}): Promise<string> =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: by.alg, kid: by.kid, ...header })
    .sign(by.privateKey);

async function published(...keys: SigningKey[]): Promise<string> {
  const jwks = keys.map(async ({ alg, kid, publicKey }) => ({
    ...(await exportJWK(publicKey)),
    ...{ kid, alg, use: 'sig' },
  }));
  return JSON.stringify({ keys: await Promise.all(jwks) });
}

/** Answers each address with a body or a status, and counts the requests. */
function serving(answers: () => Record<string, string | number>) {
  const asked: string[] = [];
  const transport: Transport = ({ url }) => {
    asked.push(url.href);
    const found = Object.entries(answers()).find(([address]) => address === url.href)?.[1] ?? 404;
    const [status, body] = typeof found === 'number' ? [found, ''] : [200, found];
    return Promise.resolve({ status, body, headers: {}, retryAfterMs: undefined });
  };
  return { asked, transport };
}

async function identities(settings: Partial<TokenSettings> = {}, ...keys: SigningKey[]) {
  const body = await published(...(keys.length === 0 ? [key, edwards] : keys));
  const { transport } = serving(() => ({ [KEYS_URL]: body }));
  return new TokenIdentities({ ...SETTINGS, ...settings }, { transport });
}

describe('a token that is believed', () => {
  it('names the person and the groups', async () => {
    const people = await identities();
    const expected = { name: 'ana@example.com', groups: ['sre', 'dev'] };
    expect(await people.identityOf(await sign(claims()))).toEqual(expected);
    expect(await people.identityOf(await sign(claims(), edwards))).toEqual(expected);
    const forTwo = claims({ aud: ['other', 'sendproof-pages'] });
    expect(await people.identityOf(await sign(forTwo))).toEqual(expected);
  });

  it('may have expired as long ago as clocks differ', async () => {
    const token = await sign(claims({ exp: seconds() - 5 }));
    expect(await (await identities()).identityOf(token)).toMatchObject({ name: 'ana@example.com' });
  });

  it.each<[string, JWTPayload, Partial<TokenSettings>, string]>([
    ['the e-mail address', {}, {}, 'ana@example.com'],
    [
      'no address that isn’t verified',
      { email_verified: false, preferred_username: 'ana' },
      {},
      'ana',
    ],
    ['the user’s name', { email: undefined, preferred_username: 'ana' }, {}, 'ana'],
    ['the subject at last', { email: undefined }, {}, 'u-1'],
    ['a name of another alphabet', { email: 'Аня 🔥' }, {}, 'Аня 🔥'],
    ['what is no text not', { email: 7, preferred_username: ['x'] }, {}, 'u-1'],
    ['no text that reorders others', { email: 'a\u202ecom' }, {}, 'u-1'],
    ['no line breaks', { email: 'a\nb' }, {}, 'u-1'],
    ['no claim to be another', { email: 'the CEO (claimed: me)' }, {}, 'u-1'],
    ['no longer text', { email: 'a'.repeat(201) }, {}, 'u-1'],
    [
      'a claim of the configuration',
      { profile: { nick: 'ana' } },
      { nameClaim: 'profile.nick' },
      'ana',
    ],
  ])('is called by %s', async (_, more, settings, name) => {
    const people = await identities(settings);
    expect(await people.identityOf(await sign(claims(more)))).toMatchObject({ name });
  });

  it.each<[string, JWTPayload, string, string[]]>([
    ['are missing', { groups: undefined }, 'groups', []],
    ['are null', { groups: null }, 'groups', []],
    ['are one text', { groups: 'sre, the team' }, 'groups', ['sre, the team']],
    [
      'have other things',
      { groups: ['sre', 7, null, '', { name: 'x' }, ['y']] },
      'groups',
      ['sre'],
    ],
    ['are a map', { groups: { sre: true } }, 'groups', []],
    ['lie deeper', { realm_access: { roles: ['sre'] } }, 'realm_access.roles', ['sre']],
    ['lie below no map', { realm_access: 'x' }, 'realm_access.roles', []],
    [
      'have a URL as claim',
      { 'https://x.example/groups': ['sre'] },
      'https://x.example/groups',
      ['sre'],
    ],
    ['are named as what every object has', {}, 'constructor.name', []],
  ])('has groups also if they %s', async (_, more, groupsClaim, groups) => {
    const people = await identities({ groupsClaim });
    expect((await people.identityOf(await sign(claims(more)))).groups).toEqual(groups);
  });
});

describe('a token is refused', () => {
  const encoded = (value: object): string => base64url.encode(JSON.stringify(value));

  it.each<[string, () => Promise<string> | string, string]>([
    ['that has expired', () => sign(claims({ exp: seconds() - 60 })), 'it has expired'],
    ['that never expires', () => sign(claims({ exp: undefined })), '"exp"'],
    ['without a subject', () => sign(claims({ sub: undefined })), '"sub"'],
    ['of another issuer', () => sign(claims({ iss: `${ISSUER}/` })), 'another issuer'],
    ['without an issuer', () => sign(claims({ iss: undefined })), '"iss"'],
    ['for another audience', () => sign(claims({ aud: 'wiki' })), 'another audience'],
    ['without an audience', () => sign(claims({ aud: undefined })), '"aud"'],
    ['of tomorrow', () => sign(claims({ nbf: seconds() + 86_400 })), 'not valid yet'],
    ['signed with a key of nobody', () => sign(claims(), other), 'doesn’t publish'],
    [
      'signed with a key that says it is another',
      () => sign(claims(), other, { kid: 'one' }),
      'signature is wrong',
    ],
    [
      'without a signature (alg none)',
      () => `${encoded({ alg: 'none' })}.${encoded(claims())}.`,
      'algorithm',
    ],
    [
      'signed with the public key as a password (HS256)',
      async () => {
        const signed = `${encoded({ alg: 'HS256', kid: 'one' })}.${encoded(claims())}`;
        const secret = await exportSPKI(key.publicKey);
        return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      },
      'algorithm',
    ],
    [
      'that was changed',
      async () => {
        const [header, , signature] = (await sign(claims())).split('.');
        return [header, encoded(claims({ groups: ['admins'] })), signature].join('.');
      },
      'signature is wrong',
    ],
    [
      'with an extension that must be understood',
      async () =>
        (await sign(claims())).replace(/^[^.]+/, encoded({ alg: 'ES256', crit: ['x'], x: 1 })),
      'not a signed token',
    ],
    ['that is none', () => 'a.b.c', 'not a signed token'],
    ['that is empty', () => '', 'not a signed token'],
    ['that is huge', () => `a.${'b'.repeat(20_000)}.c`, 'too long'],
    ['with a name of nobody', () => sign(claims({ email: '', sub: '\u0000' })), 'has a name'],
  ])('%s', async (_, make, reason) => {
    const refused = await (
      await identities()
    )
      .identityOf(await make())
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TokenRefused);
    expect((refused as Error).message).toContain(reason);
  });

  it('that doesn’t say which of several keys has signed it', async () => {
    const token = await sign(claims(), key, { kid: undefined });
    await expect((await identities({}, key, other)).identityOf(token)).rejects.toThrow('which of');
  });
});

describe('the keys of the issuer', () => {
  it('are fetched once for many tokens at a time', async () => {
    const body = await published(key);
    const { asked, transport } = serving(() => ({ [KEYS_URL]: body }));
    const people = new TokenIdentities(SETTINGS, { transport });
    const token = await sign(claims());
    await Promise.all(Array.from({ length: 20 }, () => people.identityOf(token)));
    await people.identityOf(token);
    expect(asked).toEqual([KEYS_URL]);
  });

  it('are fetched again when a token has a new one, but not for each that anybody makes up', async () => {
    let keys = [key];
    const bodies = new Map([
      [1, await published(key)],
      [2, await published(key, other)],
    ]);
    const answers = () => ({ [KEYS_URL]: bodies.get(keys.length) ?? 404 });
    const rotated = serving(answers);
    const people = new TokenIdentities(SETTINGS, { transport: rotated.transport, cooldownMs: 0 });
    await people.identityOf(await sign(claims()));
    keys = [key, other];
    await people.identityOf(await sign(claims(), other));
    expect(rotated.asked).toHaveLength(2);

    const patient = serving(answers);
    const cautious = new TokenIdentities(SETTINGS, { transport: patient.transport });
    const unknown = await sign(claims(), edwards);
    for (let time = 0; time < 5; time += 1) {
      await expect(cautious.identityOf(unknown)).rejects.toThrow(TokenRefused);
    }
    expect(patient.asked).toHaveLength(1);
  });

  it('may be found by the OpenID configuration of the issuer', async () => {
    const configuration = `${ISSUER}/.well-known/openid-configuration`;
    const body = await published(key);
    let found: object = { issuer: ISSUER, jwks_uri: KEYS_URL };
    const { asked, transport } = serving(() => ({
      [configuration]: JSON.stringify(found),
      [KEYS_URL]: body,
    }));
    const settings = { ...SETTINGS, keysUrl: undefined };
    const token = await sign(claims());
    await new TokenIdentities(settings, { transport }).identityOf(token);
    expect(asked).toEqual([configuration, KEYS_URL]);

    for (const wrong of [
      { issuer: 'https://evil.example', jwks_uri: KEYS_URL },
      { issuer: ISSUER, jwks_uri: 'http://idp.example.com/keys' },
      { issuer: ISSUER, jwks_uri: 'file:///etc/passwd' },
      { issuer: ISSUER },
      [],
    ]) {
      found = wrong;
      const people = new TokenIdentities(settings, { transport });
      await expect(people.identityOf(token)).rejects.toThrow(KeysUnavailable);
    }
  });

  it.each<[string, string | number]>([
    ['can’t be had', 503],
    ['moved', 302],
    ['are no JSON', '<html>'],
    ['are no set of keys', '{"keys":"x"}'],
    ['are none', '{"keys":[]}'],
  ])('that %s are nobody’s fault, and asked for once in a while', async (_, answer) => {
    const { asked, transport } = serving(() => ({ [KEYS_URL]: answer }));
    const people = new TokenIdentities(SETTINGS, { transport });
    const token = await sign(claims());
    for (let time = 0; time < 3; time += 1) {
      await expect(people.identityOf(token)).rejects.toThrow(KeysUnavailable);
    }
    expect(asked).toHaveLength(1);
  });

  describe('over HTTP', () => {
    let server: Server | undefined;
    afterEach(() => {
      server?.closeAllConnections();
      server?.close();
    });

    it('are not waited for longer than the limit', async () => {
      server = createServer(() => undefined).listen(0, '127.0.0.1');
      await new Promise((resolve) => server?.once('listening', resolve));
      const keysUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
      const transport = createTransport('the identity provider', 40);
      const people = new TokenIdentities({ ...SETTINGS, keysUrl }, { transport });
      await expect(people.identityOf(await sign(claims()))).rejects.toThrow(KeysUnavailable);
    });
  });
});
