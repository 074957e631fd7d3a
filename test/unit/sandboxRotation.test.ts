/** The sandbox's Slack issues and refuses tokens as Slack does for an app with token rotation. */
import { WebClient, type OauthV2AccessResponse } from '@slack/web-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.reset());
afterEach(() => {
  vi.useRealTimers();
});

const client = (token?: string) =>
  new WebClient(token, { slackApiUrl: sandbox.slackApiUrl, retryConfig: { retries: 0 } });

async function exchange(
  changes: Record<string, string> = {},
): Promise<{ token: string; next: string }> {
  const { clientId, clientSecret, refreshToken } = sandbox.slackRotation;
  const answer: OauthV2AccessResponse = await client().apiCall('oauth.v2.access', {
    grant_type: 'refresh_token',
    client_id: clientId,
    client_secret: clientSecret,
    refresh_token: refreshToken,
    ...changes,
  });
  expect(answer).toMatchObject({ ok: true, expires_in: 43_200, token_type: 'bot' });
  return { token: answer.access_token ?? '', next: answer.refresh_token ?? '' };
}

const code = (error: string) => ({ data: { ok: false, error } });

describe('the sandbox’s Slack with token rotation', () => {
  it('exchanges each refresh token once', async () => {
    const { next } = await exchange();
    await expect(exchange()).rejects.toMatchObject(code('invalid_refresh_token'));
    await exchange({ refresh_token: next });
    await expect(exchange({ refresh_token: next })).rejects.toMatchObject(
      code('invalid_refresh_token'),
    );
  });

  it.each([
    [{ client_id: 'another' }, 'invalid_client_id'],
    [{ client_id: '' }, 'invalid_client_id'],
    [{ client_secret: 'another' }, 'bad_client_secret'],
    [{ refresh_token: 'another' }, 'invalid_refresh_token'],
    [{ grant_type: 'password' }, 'invalid_grant_type'],
    [{ grant_type: 'authorization_code', code: 'any' }, 'invalid_code'],
  ])('refuses an exchange with %j, which costs nothing', async (changes, error) => {
    await expect(exchange(changes)).rejects.toMatchObject(code(error));
    await exchange();
  });

  it('takes an access token until it expires', async () => {
    const { token } = await exchange();
    await client(token).auth.test();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 13 * 3_600_000 });
    await expect(client(token).auth.test()).rejects.toMatchObject(code('token_expired'));
    await expect(client(`${token}0`).auth.test()).rejects.toMatchObject(code('invalid_auth'));
  });

  it('lets access tokens expire on demand', async () => {
    const { token } = await exchange();
    const { status } = await fetch(`${sandbox.url}/control/expire-slack-tokens`, {
      method: 'POST',
    });
    expect(status).toBe(204);
    await expect(client(token).auth.test()).rejects.toMatchObject(code('token_expired'));
    await client(sandbox.slackToken).auth.test();
  });
});
