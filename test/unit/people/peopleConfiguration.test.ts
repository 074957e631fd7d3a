/** `people:` in the configuration: what loads, and what is said of what doesn't. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveConfiguration } from '../../../src/api/liveConfiguration.js';
import { loadConfiguration } from '../../../src/config/configuration.js';
import type { People } from '../../../src/config/people.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-people-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function load(people: string, environment: NodeJS.ProcessEnv = {}) {
  const file = join(directory, 'sendproof.yaml');
  writeFileSync(file, people === '' ? '{}' : `people: ${people}\n`);
  return loadConfiguration({
    SLACK_BOT_TOKEN: 'x',
    SENDPROOF_CONFIG: file,
    SENDPROOF_TRUSTED_PROXIES: '127.0.0.1',
    ...environment,
  });
}

const ROLES = 'roles: { sre: [read, decide], "*": [read] }';
const TOKEN = 'issuer: "https://idp.example.com", audience: sendproof';

describe('people', () => {
  it('are nobody by default', () => {
    expect(load('').people).toBeUndefined();
  });

  it('of a proxy have the usual headers', () => {
    expect(load(`{ proxy: {}, ${ROLES} }`).people).toEqual<People>({
      proxy: {
        userHeader: 'x-forwarded-user',
        groupsHeader: 'x-forwarded-groups',
        groupsSeparator: ',',
      },
      token: undefined,
      roles: new Map([
        ['sre', ['read', 'decide']],
        ['*', ['read']],
      ]),
      tenants: new Map(),
      signOutUrl: undefined,
    });
  });

  it('with tokens have those of the header Authorization', () => {
    const { people } = load(`{ token: { ${TOKEN} }, ${ROLES}, signOutUrl: /oauth2/sign_out }`);
    expect(people?.token).toEqual({
      header: 'authorization',
      issuer: 'https://idp.example.com',
      audience: ['sendproof'],
      groupsClaim: 'groups',
    });
    expect(people?.signOutUrl).toBe('/oauth2/sign_out');
  });

  it('with names that every object has have these as groups', () => {
    const { people } = load('{ proxy: {}, roles: { constructor: [read], toString: [decide] } }');
    expect([...(people?.roles.keys() ?? [])]).toEqual(['constructor', 'toString']);
  });

  it.each([
    [`{ ${ROLES} }`, 'people: needs "proxy", "token" or both'],
    ['{ proxy: {} }', 'people.roles: is required'],
    [
      '{ proxy: {}, roles: { sre: [read] }, tenants: { srf: build } }',
      'people.tenants.srf: is no group of people.roles; did you mean "sre"?',
    ],
    [
      '{ proxy: {}, roles: { sre: [read] }, tenants: { sre: a/b } }',
      'people.tenants.sre: must begin with a letter or a digit',
    ],
    [
      '{ proxy: {}, roles: { sre: [metrics] }, tenants: { sre: build } }',
      'people.tenants.sre: has the scope metrics',
    ],
    ['{ proxy: {}, roles: {} }', 'people.roles: must have a group'],
    ['{ proxy: {}, roles: { sre: [] } }', 'people.roles.sre: must have at least one of send'],
    ['{ proxy: {}, roles: { sre: read } }', 'people.roles.sre: must be a list'],
    ['{ proxy: {}, roles: { sre: [reed] } }', 'did you mean "read"?'],
    [`{ proxi: {}, ${ROLES} }`, 'did you mean "proxy"?'],
    [`{ proxy: { userHeder: X }, ${ROLES} }`, 'did you mean "userHeader"?'],
    [`{ proxy: { userHeader: "X Y" }, ${ROLES} }`, 'people.proxy.userHeader: must be the name'],
    [`{ proxy: { userHeader: Cookie }, ${ROLES} }`, 'people.proxy.userHeader: is a header that'],
    [`{ proxy: { userHeader: Authorization }, ${ROLES} }`, 'belongs under people.token'],
    [
      `{ proxy: { userHeader: X, emailHeader: x }, ${ROLES} }`,
      'each header must have another name',
    ],
    [`{ token: { audience: a }, ${ROLES} }`, 'people.token.issuer: is required'],
    [`{ token: { issuer: "https://x" }, ${ROLES} }`, 'people.token.audience'],
    [`{ token: { issuer: "https://x", audience: [] }, ${ROLES} }`, 'people.token.audience'],
    [
      `{ token: { issuer: "http://x", audience: a }, ${ROLES} }`,
      'people.token.issuer: is plain http',
    ],
    [`{ token: { ${TOKEN}, keysUrl: "ftp://x" }, ${ROLES} }`, 'people.token.keysUrl: is not a URL'],
    [`{ token: { ${TOKEN}, header: Cookie }, ${ROLES} }`, 'people.token.header: is a header that'],
    [`{ proxy: {}, ${ROLES}, signOutUrl: "//evil.example" }`, 'people.signOutUrl: must be a path'],
    [`{ proxy: {}, ${ROLES}, signOutUrl: "javascript:x" }`, 'people.signOutUrl: must be a path'],
  ])('%s is refused: %s', (people, fault) => {
    expect(() => load(people)).toThrow(fault);
  });

  it('of a proxy need the addresses of the proxies', () => {
    expect(() => load(`{ proxy: {}, ${ROLES} }`, { SENDPROOF_TRUSTED_PROXIES: '' })).toThrow(
      'people.proxy: needs SENDPROOF_TRUSTED_PROXIES',
    );
  });

  it('can’t be removed while the API runs, where everybody could use it then', () => {
    const live = new LiveConfiguration(load(`{ proxy: {}, ${ROLES} }`));
    expect(() => live.apply(load(''))).toThrow('without a restart');
    live.apply(load('{ proxy: {}, roles: { dev: [read] } }'));
    expect([...(live.current.people?.roles.keys() ?? [])]).toEqual(['dev']);
    expect(live.waitingForRestart).toEqual([]);
  });
});
