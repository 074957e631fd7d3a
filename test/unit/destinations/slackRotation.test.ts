/** Accounts of Slack whose app has token rotation, against the sandbox. */
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfiguration } from '../../../src/config/configuration.js';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { slack } from '../../../src/destinations/slack/platform.js';
import { withSecretsOf } from '../../../src/lib/secret.js';
import type { Sandbox } from '../../../src/sandbox/interface.js';
import { startSandbox } from '../../../src/sandbox/sandbox.js';
import { eventually } from '../../eventually.js';
import { examplePost, rejection } from './contract.js';

const HOUR_MS = 3_600_000;
const CHANNEL = 'C0123ABC';
const post = examplePost(CHANNEL);

let sandbox: Sandbox;
let directory: string;
let tokenCache: string;
let environment: Record<string, string>;

beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  directory = await mkdtemp(join(tmpdir(), 'sendproof-rotation-'));
  tokenCache = join(directory, 'data', 'tokens.json');
  const { clientId, clientSecret, refreshToken } = sandbox.slackRotation;
  environment = { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, REFRESH: refreshToken };
});
afterEach(async () => {
  vi.useRealTimers();
  await sandbox.close();
  await rm(directory, { recursive: true });
});

/** What a worker has after its start. */
function startAdapter(apiUrl = sandbox.slackApiUrl): DestinationAdapter {
  const rotation = {
    clientId: { env: 'CLIENT_ID' },
    clientSecret: { env: 'CLIENT_SECRET' },
    refreshToken: { env: 'REFRESH' },
    tokenCache,
  };
  return slack.createAdapter(
    withSecretsOf(environment, () =>
      slack.accountSchema.parse({ rotation, apiUrl, requestTimeout: '1s' }),
    ),
  );
}

const exchanges = () => sandbox.requests({ operation: 'oauth.v2.access' });
const posts = () => sandbox.posts({ path: CHANNEL });

/** From now on, only by the clock: timers go on as they are. */
function letTimePass(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

/** Nothing that Slack has issued, nor the client secret, is to be seen anywhere. */
function expectNoSecrets(shown: unknown): void {
  const text = inspect(shown, { depth: 10, showHidden: true });
  for (const secret of Object.values(environment)) expect(text).not.toContain(secret);
  expect(text).not.toContain(sandbox.slackToken);
}

describe('a Slack account with token rotation', () => {
  it('exchanges its refresh token once, and keeps the new ones for its user alone', async () => {
    const adapter = startAdapter();
    await Promise.all([adapter.post(post), adapter.post(post), adapter.check()]);
    expect(posts()).toHaveLength(2);
    expect(exchanges()).toHaveLength(1);
    expect((await stat(tokenCache)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'data'))).mode & 0o777).toBe(0o700);
  });

  it('uses the kept tokens after a restart', async () => {
    await startAdapter().post(post);
    await startAdapter().post(post);
    expect(exchanges()).toHaveLength(1);
    expect(posts()).toHaveLength(2);
  });

  it.each([
    ['not yet ten hours after it', 10, 1],
    ['in the last hour', 11.5, 2],
    ['after it has expired', 13, 2],
    ['after a long pause', 1_000, 2],
  ])('renews a token by its age: %s', async (_name, hours, count) => {
    const adapter = startAdapter();
    await adapter.post(post);
    letTimePass(hours * HOUR_MS);
    await adapter.post(post);
    await startAdapter().post(post);
    expect(exchanges()).toHaveLength(count);
    expect(sandbox.requests({ operation: 'chat.postMessage' }).map(({ error }) => error)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each(['token_expired', 'invalid_auth'])(
    'renews a token that Slack refuses (%s), and posts once',
    async (error) => {
      const adapter = startAdapter();
      await adapter.post(post);
      const operation = 'chat.postMessage';
      sandbox.addFault({ kind: 'slack_error', platform: 'slack', operation, error, times: 1 });
      await adapter.post(post);
      expect(exchanges()).toHaveLength(2);
      expect(posts()).toHaveLength(2);
    },
  );

  it('renews once where many posts are refused at the same time', async () => {
    const adapter = startAdapter();
    await adapter.post(post);
    sandbox.expireSlackTokens();
    await Promise.all(Array.from({ length: 20 }, () => adapter.post(post)));
    expect(exchanges()).toHaveLength(2);
    expect(posts()).toHaveLength(21);
  });

  it('reports a refusal of a token that is new', async () => {
    sandbox.addFault({
      kind: 'slack_error',
      platform: 'slack',
      operation: 'chat.postMessage',
      error: 'invalid_auth',
    });
    const error = await rejection(startAdapter().post(post));
    expect(error).toMatchObject({ outcome: 'permanent', platformCode: 'invalid_auth' });
    expect(exchanges()).toHaveLength(2);
    expect(posts()).toHaveLength(0);
  });

  it('is renewed by one of several workers, whose tokens the others take', async () => {
    const workers = Array.from({ length: 4 }, () => startAdapter());
    await Promise.all(workers.map((worker) => worker.post(post)));
    expect(exchanges()).toHaveLength(1);
    sandbox.expireSlackTokens();
    await Promise.all(workers.map((worker) => worker.post(post)));
    expect(exchanges()).toHaveLength(2);
    expect(posts()).toHaveLength(8);
  });

  it('takes over the lock of a worker that was killed', async () => {
    const lock = `${tokenCache}.lock`;
    await mkdir(lock, { recursive: true });
    const minuteAgo = new Date(Date.now() - 60_000);
    await utimes(lock, minuteAgo, minuteAgo);
    await startAdapter().post(post);
    expect(posts()).toHaveLength(1);
  });

  it('waits for another worker no longer than for a request', async () => {
    await mkdir(`${tokenCache}.lock`, { recursive: true });
    const error = await rejection(startAdapter().post(post));
    expect(error).toMatchObject({ outcome: 'transient', reason: 'timeout' });
    expect(exchanges()).toHaveLength(0);
  });

  it('prefers a refresh token that was configured since', async () => {
    await startAdapter().post(post);
    environment.REFRESH = (await keptTokens()).refreshToken;
    await startAdapter().post(post);
    await startAdapter().post(post);
    expect(exchanges()).toHaveLength(2);
    expect(posts()).toHaveLength(3);
  });

  it.each(['', '{', '[]', '{"refreshToken":1}'])(
    'begins with the configured refresh token where the file has %j',
    async (text) => {
      await mkdir(join(directory, 'data'));
      await writeFile(tokenCache, text);
      await startAdapter().post(post);
      expect(posts()).toHaveLength(1);
    },
  );
});

describe('a renewal of Slack’s tokens that fails', () => {
  it.each([
    ['REFRESH', 'invalid_refresh_token', 'rotation.refreshToken ($REFRESH)'],
    ['CLIENT_ID', 'invalid_client_id', 'rotation.clientId ($CLIENT_ID)'],
    ['CLIENT_SECRET', 'bad_client_secret', 'rotation.clientSecret ($CLIENT_SECRET)'],
  ])('names the setting of a refusal: %s', async (name, code, setting) => {
    environment[name] = 'another-one';
    const adapter = startAdapter();
    for (const refused of [adapter.post(post), adapter.check()]) {
      const error = await rejection(refused);
      expect(error).toMatchObject({
        outcome: 'permanent',
        reason: 'credentials_rejected',
        platformCode: code,
      });
      expect(error.message).toContain(setting);
      expect(error.message).not.toContain('interrupted');
      expectNoSecrets(error);
    }
    expect(posts()).toHaveLength(0);
  });

  it.each(['no_permission', 'cannot_install_an_org_installed_app', 'something_new'])(
    'is a matter of the credentials, whatever the code of the refusal: %s',
    async (error) => {
      sandbox.addFault({
        kind: 'slack_error',
        platform: 'slack',
        operation: 'oauth.v2.access',
        error,
      });
      expect(await rejection(startAdapter().post(post))).toMatchObject({
        outcome: 'permanent',
        reason: 'credentials_rejected',
      });
    },
  );

  it.each([
    ['http_error', { status: 503 }, 'platform_unavailable'],
    ['rate_limited', { retryAfter: '7' }, 'rate_limited'],
    ['reset', {}, 'connection_failed'],
    ['garbage', {}, 'unexpected_answer'],
    ['slack_error', { error: 'internal_error' }, 'platform_unavailable'],
  ] as const)('is transient where Slack can’t answer: %s', async (kind, details, reason) => {
    const adapter = startAdapter();
    const fault = { kind, platform: 'slack', operation: 'oauth.v2.access', times: 1, ...details };
    sandbox.addFault(fault as Parameters<Sandbox['addFault']>[0]);
    const error = await rejection(adapter.post(post));
    expect(error).toMatchObject({ outcome: 'transient', reason });
    expect(error.message).toContain('nothing was posted');
    await adapter.post(post);
    expect(posts()).toHaveLength(1);
  });

  it('is transient where Slack can’t be reached', async () => {
    const away = await startSandbox();
    await away.close();
    const error = await rejection(startAdapter(away.slackApiUrl).post(post));
    expect(error).toMatchObject({ outcome: 'transient', reason: 'connection_failed' });
    expect((await keptTokens()).exchangeBegunAt).toBeUndefined();
  });

  it('leaves the present token in use while that is valid', async () => {
    const adapter = startAdapter();
    await adapter.post(post);
    letTimePass(11.5 * HOUR_MS);
    sandbox.addFault({
      kind: 'http_error',
      platform: 'slack',
      operation: 'oauth.v2.access',
      status: 503,
    });
    await adapter.post(post);
    await adapter.post(post);
    expect(exchanges()).toHaveLength(2);
    letTimePass(HOUR_MS);
    expect(await rejection(adapter.post(post))).toMatchObject({ outcome: 'transient' });
    sandbox.clearFaults();
    await adapter.post(post);
    expect(posts()).toHaveLength(4);
  });

  it('says so where an exchange was interrupted before its tokens were kept', async () => {
    sandbox.addFault({
      kind: 'reset',
      platform: 'slack',
      operation: 'oauth.v2.access',
      when: 'after',
      times: 1,
    });
    expect(await rejection(startAdapter().post(post))).toMatchObject({ outcome: 'transient' });
    for (const worker of [startAdapter(), startAdapter()]) {
      const error = await rejection(worker.post(post));
      expect(error.reason).toBe('credentials_rejected');
      expect(error.message).toMatch(/exchange that began at 20\d\d-.* was interrupted/);
      expect(error.message).toContain('rotation.refreshToken');
      expectNoSecrets(error);
    }
  });

  it('says the same after a worker was killed between the exchange and the writing of its tokens', async () => {
    sandbox.addFault({ kind: 'hold', platform: 'slack', operation: 'oauth.v2.access' });
    // Its exchange never gets an answer, and its lock is no longer renewed.
    const killed = rejection(startAdapter().post(post));
    await eventually(() => expect(exchanges()).toHaveLength(1));
    const minuteAgo = new Date(Date.now() - 60_000);
    await utimes(`${tokenCache}.lock`, minuteAgo, minuteAgo);
    const error = await rejection(startAdapter().post(post));
    expect(error.reason).toBe('credentials_rejected');
    expect(error.message).toMatch(/exchange that began at 20\d\d-.* was interrupted/);
    await killed;
    expect(posts()).toHaveLength(0);
  });

  it('costs no refresh token where the file can’t be written', async () => {
    await writeFile(join(directory, 'data'), 'a file in the place of the directory');
    const error = await rejection(startAdapter().post(post));
    expect(error).toMatchObject({ outcome: 'permanent', reason: 'credentials_rejected' });
    expect(error.message).toContain('rotation.tokenCache');
    expect(exchanges()).toHaveLength(0);
    await rm(join(directory, 'data'));
    await startAdapter().post(post);
    expect(posts()).toHaveLength(1);
  });
});

describe('the settings of a Slack account', () => {
  const ROTATION =
    'rotation: { clientId: { env: A }, clientSecret: { env: B }, refreshToken: { env: C }';

  async function load(account: string) {
    const file = join(directory, 'sendproof.yaml');
    await writeFile(file, `accounts: { slack: { emea: { ${account} } } }`);
    return loadConfiguration({ SENDPROOF_CONFIG: file, SENDPROOF_DATA_DIR: '/data' });
  }

  it.each([
    [`${ROTATION} }`, '/data/slack-emea-token-cache.json'],
    [`${ROTATION}, tokenCache: mine.json }`, 'mine.json'],
  ])('keep the tokens in the data directory or in the named file: %s', async (text, path) => {
    const [account] = (await load(text)).accounts;
    expect(account?.settings).toMatchObject({ rotation: { tokenCache: path } });
  });

  it.each([
    [`token: { env: T }, ${ROTATION} }`, 'accounts.slack.emea.rotation: can’t be used together'],
    ['apiUrl: "https://slack.example/api/"', 'accounts.slack.emea.token: must be'],
    [
      'rotation: { clientId: { env: A }, clientSecret: { env: B } }',
      'accounts.slack.emea.rotation.refreshToken: must be { env: NAME }',
    ],
    ['rotation: { clientID: { env: A } }', 'did you mean "clientId"?'],
  ])('are refused with the name of the field: %s', async (text, message) => {
    await expect(load(text)).rejects.toThrow(message);
  });
});

async function keptTokens(): Promise<{ refreshToken: string; exchangeBegunAt?: number }> {
  return JSON.parse(await readFile(tokenCache, 'utf8')) as {
    refreshToken: string;
    exchangeBegunAt?: number;
  };
}
