import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mattermostWebhook } from '../../../src/destinations/mattermost-webhook/platform.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer } from './scriptedServer.js';

/** Of the form of a key. */
const KEY = SECRET.replaceAll('-', '');

function accountWith(url: string, requestTimeoutMs = 5_000, more: object = {}) {
  process.env.MATTERMOST_WEBHOOK_CONTRACT_URL = url;
  return mattermostWebhook.accountSchema.parse({
    webhooks: { incidents: { env: 'MATTERMOST_WEBHOOK_CONTRACT_URL' } },
    requestTimeout: `${requestTimeoutMs}ms`,
    ...more,
  });
}

const createAdapter = (url: string, requestTimeoutMs = 5_000) =>
  mattermostWebhook.createAdapter(accountWith(`${url}/hooks/${KEY}`, requestTimeoutMs));

describeDestinationContract({
  name: 'Mattermost webhook',
  createAdapter,
  path: 'incidents',
  posts: ({ method }) => method === 'POST',
  success: { status: 200, body: 'ok', receipt: {} },
  successStatuses: [],
  statuses: { 404: 'permanent destination_not_found', 410: 'permanent destination_not_found' },
  capabilities: mattermostWebhook.capabilities(undefined),
});

describe('Mattermost webhook adapter', () => {
  let server: ScriptedServer;
  const post = examplePost('incidents');

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
    server.script = answering(200, 'ok', { 'content-type': 'text/plain' });
  });
  afterEach(() => server.stop());

  it('posts the text alone, and learns nothing of the post', async () => {
    expect(await createAdapter(server.url).post(post)).toEqual({});
    expect(server.requests[0]?.path).toBe(`/hooks/${KEY}`);
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      text: `**\u200B🚨 Critical: Disk full**\n\n${post.content.text}\n\npagerduty · 55`,
    });
  });

  it.each([
    [400, 'web.incoming_webhook.invalid.app_error', 'destination_not_found', 'create another one'],
    [501, 'web.incoming_webhook.disabled.app_error', 'request_rejected', 'System Console'],
    [400, 'web.incoming_webhook.parse.app_error', 'content_rejected', ''],
    [403, 'web.incoming_webhook.permissions.app_error', 'not_authorised', 'whoever made'],
    [400, 'web.incoming_webhook.user.app_error', 'not_authorised', 'whoever made'],
    [404, 'app.channel.get.existing.app_error', 'destination_not_found', 'create another webhook'],
  ])('names the remedy of %i %s', async (status, id, reason, remedy) => {
    server.script = answering(status, JSON.stringify({ id, message: '…', status_code: status }));
    const failure = await rejection(createAdapter(server.url).post(post));
    expect(failure).toMatchObject({ outcome: 'permanent', reason });
    expect(failure.message).toContain(remedy);
  });

  it('mentions the channel where the account allows it, and nobody by name', async () => {
    const content = { text: 'a', mentions: { channel: true as const, users: ['ana@example.com'] } };
    const adapter = mattermostWebhook.createAdapter(
      accountWith(`${server.url}/hooks/${KEY}`, 5_000, {
        mentions: { users: true, channel: true },
      }),
    );
    await adapter.post({ ...post, content, correlation: undefined });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ text: '@channel\n\na' });
  });

  it.each([
    'https://mattermost.example/hooks/',
    'https://mattermost.example/api/v4/posts',
    'http://mattermost.example/hooks/token',
    'mattermost.example/hooks/token',
  ])('refuses the URL %s, and doesn’t show it', (url) => {
    expect(() => mattermostWebhook.createAdapter(accountWith(url))).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: expect.not.stringContaining('token') as string,
      }) as Error,
    );
  });

  it('has the webhook of the environment under the name default', () => {
    expect(mattermostWebhook.accountFromEnvironment({})).toBeUndefined();
    const account = mattermostWebhook.accountSchema.parse(
      mattermostWebhook.accountFromEnvironment({
        MATTERMOST_WEBHOOK_URL: 'https://m.example/hooks/a',
      }),
    );
    expect(mattermostWebhook.checkPath('default', account)).toBeUndefined();
    expect(mattermostWebhook.checkPath('other', account)).toContain('use one of default');
  });
});
