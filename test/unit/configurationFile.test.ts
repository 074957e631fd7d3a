import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/configuration.js';
import { SANDBOX_ACCOUNTS } from '../../src/start/sandboxAccounts.js';
import { nearest } from '../../src/lib/nearest.js';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const path = join(directory, 'sendproof.yaml');

const KEY = `{ name: ci, hash: "sha256:${'a'.repeat(64)}", scopes: [send]`;
const PEOPLE = 'people: { token: { issuer: "https://a.b", audience: x }, roles: { acme: [read] }';
const KAFKA = 'kafka: { brokers: ["k:1"], topic: t }';

function load(text: string) {
  writeFileSync(path, text);
  return loadConfiguration({ SENDPROOF_CONFIG: path });
}

/** Without what the file says: only what it means. */
function meaningOf(text: string) {
  return { ...load(text), fileContent: undefined };
}

describe('sendproof.yaml', () => {
  const empty = meaningOf('');

  it.each([
    'sources:',
    'accounts:',
    'retry:',
    'operators:',
    'acknowledgements:',
    'deduplicationWindow:',
    'accounts:\n  slack:\n  teams:',
    'acknowledgements:\n  secret:\n  allowedHosts:\n  retry:',
    'sources: ~\nretry: null',
    '# nothing\n',
    '---\n',
  ])('has defaults where there is nothing under %j', (text) => {
    expect(meaningOf(text)).toEqual(empty);
  });

  it('has defaults within an entry that has nothing under its name', () => {
    expect(load('retry:\n  gentle:').retryProfiles.gentle).toEqual(empty.retryProfiles.default);
    expect(load('sources:\n  pagerduty:').acknowledgements.bySource).toHaveProperty('pagerduty');
    expect(() => load('accounts:\n  slack:\n    ops:')).toThrow(
      /accounts\.slack\.ops\.token: must be \{ env: NAME \} or \{ file: PATH \}/,
    );
    expect(() => load('operators:\n  digestAfter: 1m')).toThrow(/operators\.destinations: /);
  });

  it.each([
    [`keys: [${KEY}, destinations: }]`, 'keys.0.destinations'],
    [`keys: [${KEY}, sources: }]`, 'keys.0.sources'],
    [`keys: [${KEY}, rateLimit: }]`, 'keys.0.rateLimit'],
    [`keys: [${KEY}, tenant: }]`, 'keys.0.tenant'],
    ['rateLimit:', 'rateLimit'],
    [`${PEOPLE}, tenants: { acme: } }`, 'people.tenants.acme'],
    [`${PEOPLE}, tenants: }`, 'people.tenants'],
    ['contentRetention:', 'contentRetention'],
    ['contentRetention: { after: }', 'contentRetention.after'],
    ['sources: { a: { contentRetention: } }', 'sources.a.contentRetention'],
    [`queues: { a.b: { ${KAFKA}, source: } }`, 'queues.a.b.source'],
    [`events: { a.b: { ${KAFKA}, types: } }`, 'events.a.b.types'],
  ])(
    'is refused where nothing is under a limit, which would allow everything: %s',
    (text, field) => {
      expect(() => load(text)).toThrow(`sendproof.yaml: ${field}: `);
    },
  );

  it.each(['a: &a [*a]', 'sources: &a { x: *a }', 'a: &b\n  c: [{ d: *b }]'])(
    'is refused with the name of an alias that holds itself: %j',
    (text) => {
      expect(() => load(text)).toThrow(
        /is not valid YAML: the alias \*[ab] is within what it stands for\. Correct/,
      );
    },
  );

  it.each([['xoxb', 'hidden'].join('-'), 'hid den', 'hidden=', '1hidden', ''])(
    'is refused where a secret is in place of its variable’s name, and doesn’t show it: %s',
    (written) => {
      const text = `accounts: { slack: { ops: { token: { env: "${written}" } } } }`;
      expect(() => load(text)).toThrow(
        /^(?!.*hid).*token\.env: must be the name of an environment variable.*not the secret itself$/s,
      );
    },
  );

  it.each([
    ['acounts: {}', '(top level): there is no setting "acounts"; did you mean "accounts"?'],
    ['routes: [{ name: all }]', 'routes.0.to: is required'],
    ['Retry: {}', 'there is no setting "Retry"; did you mean "retry"?'],
    [
      'retry: { slow: { intialDelay: 5s } }',
      'retry.slow: there is no setting "intialDelay"; did you mean "initialDelay"?',
    ],
    [
      'accounts: { slack: { ops: { token: { env: A }, apiURL: "https://a.b" } } }',
      'accounts.slack.ops: there is no setting "apiURL"; did you mean "apiUrl"?',
    ],
    ['accounts: { slak: {} }', 'accounts: there is no setting "slak"; did you mean "slack"?'],
    ['widgets: 1', 'there is no setting "widgets"; use deduplicationWindow, retry, sources,'],
  ])('with the unknown setting of %j names the one that was meant', (text, message) => {
    expect(() => load(text)).toThrow(message);
  });

  it.each([
    ['a tab', 'accounts:\n\tslack: {}', /not valid YAML: .*line 2/],
    ['a key twice', 'retry: {}\nretry: {}', /not valid YAML: Map keys must be unique at line 2/],
    ['a tag that is unknown', 'retry: !env X', /not valid YAML: Unresolved tag: !env at line 1/],
    ['two documents', 'retry: {}\n---\nretry: {}', /several documents/],
    ['an open bracket', 'retry: {', /not valid YAML: /],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((name, index) => {
          const before = 'abcdefg'.charAt(index);
          return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
        })
        .join('\n')}`,
      /not valid YAML: Excessive alias count/,
    ],
    ['only text', 'hello', /\(top level\): /],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0x3a, 0xff]).toString('latin1'), /.*/],
  ])('with %s is refused in one sentence', (_, text, message) => {
    const error = (() => {
      try {
        load(text);
      } catch (thrown) {
        return thrown as Error;
      }
      return undefined;
    })();
    expect(error?.name).toBe('ConfigurationError');
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('\n');
    expect(error?.message).toContain(path);
  });

  describe('with operators who can’t be reached', () => {
    const slack = 'accounts: { slack: { ops: { token: { env: A } } } }\n';
    it.each([
      [
        '[slack:gone/C0123ABC]',
        '0: the account "slack:gone" is not configured (there are: slack:ops)',
      ],
      ['[slack:ops/C0123ABC, sms:ops/1]', '1: "sms" is not a platform: use one of slack, teams'],
      ['[slack:ops/general]', '0: "general" is not a Slack channel id'],
      [
        '[{ destination: slack:ops/C0123ABC, fallback: [slack:ops/C1, teams:default/t/c] }]',
        '0.fallback.1: the account "teams:default" is not configured',
      ],
    ])('as %s names the place and what there is', (destinations, fault) => {
      expect(() => load(`${slack}operators: { destinations: ${destinations} }`)).toThrow(
        `${path}: operators.destinations.${fault}`,
      );
    });

    it('accepts accounts that npm start adds', () => {
      writeFileSync(path, 'operators: { destinations: [slack:default/C0123ABC] }');
      const environment = { SENDPROOF_CONFIG: path };
      expect(loadConfiguration(environment, SANDBOX_ACCOUNTS).operators?.destinations).toHaveLength(
        1,
      );
      expect(() => loadConfiguration(environment)).toThrow(/"slack:default" is not configured/);
    });
  });

  it('that is a directory, or isn’t there, is refused with the variable', () => {
    const folder = join(directory, 'folder');
    mkdirSync(folder);
    expect(() => loadConfiguration({ SENDPROOF_CONFIG: folder })).toThrow(
      /it is a directory \(EISDIR\)\. Correct SENDPROOF_CONFIG/,
    );
    expect(() => loadConfiguration({ SENDPROOF_CONFIG: join(folder, 'none') })).toThrow(
      /there is no such file \(ENOENT\)\. Correct SENDPROOF_CONFIG/,
    );
  });
});

it('finds the word that was meant, and none where nothing is similar', () => {
  expect(nearest('destinatons', ['destinations', 'digestAfter'])).toBe('destinations');
  expect(nearest('x', ['destinations', 'retry'])).toBeUndefined();
  expect(nearest('', [])).toBeUndefined();
});
