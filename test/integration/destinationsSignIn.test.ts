/** How a Teams account keeps signed in: MSAL, against the sandbox's sign-in service. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTeamsAdapter } from '../../src/destinations/teams/adapter.js';
import type { TeamsAccount } from '../../src/destinations/teams/account.js';
import { teams } from '../../src/destinations/teams/platform.js';
import { signInWithDeviceCode, type SignInPrompt } from '../../src/destinations/teams/tokens.js';
import { createTransport, type Transport } from '../../src/http/transport.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { examplePost, rejection } from '../unit/destinations/contract.js';
import type { Sandbox } from '../../src/sandbox/interface.js';

const post = examplePost('chats/19:oncall@thread.v2');

let sandbox: Sandbox;
let directory: string;
let tokenCache: string;
/** MSAL asks only https services: what it asks Microsoft's goes to the sandbox. */
let toSandbox: Transport;

beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  directory = await mkdtemp(join(tmpdir(), 'sendproof-sign-in-'));
  tokenCache = join(directory, 'private', 'token-cache.json');
  process.env.SIGN_IN_REFRESH_TOKEN = sandbox.graphRefreshToken;
  const transport = createTransport('the sign-in service', 2_000);
  toSandbox = (request) => {
    expect(request.url.origin).toBe('https://login.microsoftonline.com');
    return transport({
      ...request,
      url: new URL(request.url.pathname + request.url.search, sandbox.url),
    });
  };
});
afterEach(async () => {
  await sandbox.close();
  await rm(directory, { recursive: true });
});

function accountWith(signIn: {
  refreshToken?: { env: string };
  tokenCache?: string;
}): TeamsAccount {
  return teams.accountSchema.parse({
    graphUrl: sandbox.graphBaseUrl,
    signIn: { tenantId: 'example.com', clientId: 'an-app', ...signIn },
  });
}

const refreshToken = { env: 'SIGN_IN_REFRESH_TOKEN' };
const revoked = { kind: 'revoked_token', platform: 'teams', operation: 'postChatMessage' } as const;
const tokenRequests = () => sandbox.requests({ operation: 'token' });

describe('an account with a refresh token', () => {
  it('asks for one access token, however many posts wait for it, and for no more', async () => {
    const adapter = createTeamsAdapter(accountWith({ refreshToken }), toSandbox);
    await Promise.all(Array.from({ length: 10 }, () => adapter.post(post)));
    await adapter.post(post);
    expect(sandbox.posts()).toHaveLength(11);
    expect(tokenRequests()).toHaveLength(1);
  });

  it('keeps the sign-in in a file that only its owner reads, for a process without the token', async () => {
    await createTeamsAdapter(accountWith({ refreshToken, tokenCache }), toSandbox).post(post);
    expect((await stat(tokenCache)).mode & 0o777).toBe(0o600);
    await createTeamsAdapter(accountWith({ tokenCache }), toSandbox).post(post);
    expect(sandbox.posts()).toHaveLength(2);
  });

  it('renews a token that has served, once Graph refuses it; the attempt is transient', async () => {
    const adapter = createTeamsAdapter(accountWith({ refreshToken }), toSandbox);
    await adapter.post(post);
    sandbox.addFault({ ...revoked, times: 1 });
    expect(await rejection(adapter.post(post))).toMatchObject({
      outcome: 'transient',
      reason: 'credentials_rejected',
      httpStatus: 401,
    });
    await adapter.post(post);
    expect(tokenRequests()).toHaveLength(2);
  });

  it('is permanently refused where Graph refuses a token that is fresh', async () => {
    const adapter = createTeamsAdapter(accountWith({ refreshToken }), toSandbox);
    sandbox.addFault(revoked);
    expect(await rejection(adapter.post(post))).toMatchObject({
      outcome: 'permanent',
      reason: 'credentials_rejected',
    });
  });

  it('is permanently refused where the refresh token has expired, and says what to do', async () => {
    process.env.SIGN_IN_REFRESH_TOKEN = 'one-that-is-not-known';
    const adapter = createTeamsAdapter(accountWith({ refreshToken }), toSandbox);
    const error = await rejection(adapter.post(post));
    expect(error).toMatchObject({
      outcome: 'permanent',
      reason: 'credentials_rejected',
      platformCode: 'invalid_grant',
    });
    expect(error.message).toContain('sendproof sign-in');
    expect(error.message).not.toContain('one-that-is-not-known');
  });

  it.each([
    ['fails', 503, 'platform_unavailable'],
    ['is too busy', 429, 'rate_limited'],
  ])('waits while the sign-in service %s', async (_how, status, reason) => {
    sandbox.addFault({
      kind: 'http_error',
      platform: 'teams',
      operation: 'token',
      status,
      retryAfter: '3',
      times: 1,
    });
    const adapter = createTeamsAdapter(accountWith({ refreshToken }), toSandbox);
    expect(await rejection(adapter.post(post))).toMatchObject({
      outcome: 'transient',
      reason,
      retryAfterMs: 3_000,
    });
    // MSAL doesn't ask again before that time.
    expect(await rejection(adapter.post(post))).toMatchObject({ outcome: 'transient', reason });
    expect(tokenRequests()).toHaveLength(1);
  });

  it('waits while the sign-in service can’t be reached', async () => {
    sandbox.addFault({ kind: 'reset', platform: 'teams', operation: 'token', times: 1 });
    const adapter = createTeamsAdapter(accountWith({ refreshToken }), toSandbox);
    expect(await rejection(adapter.post(post))).toMatchObject({
      outcome: 'transient',
      reason: 'connection_failed',
    });
    await adapter.post(post);
  });

  it('waits while the sign-in service talks nonsense', async () => {
    sandbox.addFault({ kind: 'garbage', platform: 'teams', operation: 'token', times: 1 });
    const adapter = createTeamsAdapter(accountWith({ refreshToken }), toSandbox);
    expect((await rejection(adapter.post(post))).outcome).toBe('transient');
    await adapter.post(post);
  });
});

describe('an account without one', () => {
  it('says that nobody has signed in', async () => {
    const adapter = createTeamsAdapter(accountWith({ tokenCache }), toSandbox);
    const error = await rejection(adapter.post(post));
    expect(error).toMatchObject({ outcome: 'permanent', reason: 'credentials_rejected' });
    expect(error.message).toContain('sendproof sign-in');
    expect(sandbox.requests()).toEqual([]);
  });

  it('posts once a person has signed in with a device code', async () => {
    const account = accountWith({ tokenCache });
    const adapter = createTeamsAdapter(account, toSandbox);
    await rejection(adapter.post(post));
    const prompts: SignInPrompt[] = [];
    const { identity } = await signInWithDeviceCode(
      account,
      (prompt) => prompts.push(prompt),
      toSandbox,
    );
    expect(identity).toBe('sendproof@sandbox.example');
    expect(prompts).toMatchObject([{ url: 'https://microsoft.com/devicelogin', code: 'SANDBOX' }]);
    await adapter.post(post);
    expect(sandbox.posts()).toHaveLength(1);
  });

  it('is a configuration error where there is nowhere to keep the sign-in', async () => {
    await expect(
      signInWithDeviceCode(accountWith({ refreshToken }), () => undefined, toSandbox),
    ).rejects.toMatchObject({ name: 'ConfigurationError' });
  });

  it('is permanently refused where the cache file is damaged, and leaves it as it is', async () => {
    const damaged = join(directory, 'damaged.json');
    await writeFile(damaged, '{"not a cache');
    const adapter = createTeamsAdapter(accountWith({ tokenCache: damaged }), toSandbox);
    expect((await rejection(adapter.post(post))).outcome).toBe('permanent');
    expect(await readFile(damaged, 'utf8')).toBe('{"not a cache');
  });
});
