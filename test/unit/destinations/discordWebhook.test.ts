import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { discordWebhook } from '../../../src/destinations/discord-webhook/platform.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer } from './scriptedServer.js';

const WEBHOOK = `/api/webhooks/1187654321098765432/${SECRET}`;
const CHANNEL = '1187654321098765432';
const ID = '1190000000000000001';
const POSTED = JSON.stringify({ id: ID, channel_id: CHANNEL });
const RECEIPT = { messageId: ID, channel: CHANNEL };

function accountWith(url: string, requestTimeoutMs = 5_000) {
  process.env.DISCORD_WEBHOOK_CONTRACT_URL = url;
  return discordWebhook.accountSchema.parse({
    webhooks: { incidents: { env: 'DISCORD_WEBHOOK_CONTRACT_URL' } },
    requestTimeout: `${requestTimeoutMs}ms`,
  });
}

function createAdapter(url: string, requestTimeoutMs = 5_000): DestinationAdapter {
  return discordWebhook.createAdapter(accountWith(url + WEBHOOK, requestTimeoutMs));
}

const success = { status: 200, body: POSTED, receipt: RECEIPT };

describeDestinationContract({
  name: 'Discord webhook',
  createAdapter,
  path: 'incidents',
  posts: ({ method }) => method === 'POST',
  success,
  successStatuses: [],
  statuses: { 404: 'permanent destination_not_found', 410: 'permanent destination_not_found' },
  capabilities: discordWebhook.capabilities(undefined),
  edit: {
    isOne: ({ method }) => method === 'PATCH',
    success,
    successStatuses: [],
    statuses: { 404: 'permanent post_not_found', 410: 'permanent post_not_found' },
  },
});

describe('Discord webhook adapter', () => {
  let server: ScriptedServer;
  const post = examplePost('incidents');

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
    server.script = answering(200, POSTED);
  });
  afterEach(() => server.stop());

  it('waits for the message, keeps the thread of the URL, and has neither a nonce nor a token in a header', async () => {
    const adapter = discordWebhook.createAdapter(
      accountWith(`${server.url}${WEBHOOK}?thread_id=1187654321098765499`),
    );
    expect(await adapter.post(post)).toEqual(RECEIPT);
    await adapter.edit?.({ ...post, post: RECEIPT });
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /api/v10/webhooks/${CHANNEL}/${SECRET}?thread_id=1187654321098765499&wait=true`,
      `PATCH /api/v10/webhooks/${CHANNEL}/${SECRET}/messages/${ID}?thread_id=1187654321098765499`,
    ]);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
    expect(JSON.parse(server.requests[0]?.body ?? '')).not.toHaveProperty('nonce');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      allowed_mentions: { parse: [] },
    });
  });

  it.each([
    [404, '{"code":10015,"message":"Unknown Webhook"}', 'destination_not_found', 'was deleted'],
    [
      401,
      '{"code":50027,"message":"Invalid Webhook Token"}',
      'credentials_rejected',
      'copy the URL',
    ],
    [400, '{"code":220001,"message":"…"}', 'destination_not_found', 'thread_id'],
  ])('names the remedy of %i %s', async (status, body, reason, remedy) => {
    server.script = answering(status, body);
    const failure = await rejection(createAdapter(server.url).post(post));
    expect(failure).toMatchObject({ outcome: 'permanent', reason });
    expect(failure.message).toContain(remedy);
  });

  it.each([400, 401, 403, 404, 429])(
    'names neither a bot nor its permissions in a remedy of HTTP %i, whatever the code',
    async (status) => {
      const codes = [
        ...[undefined, 0, 10003, 10004, 10008, 10015, 20009, 40001, 40002, 40005, 40058, 50001],
        ...[50005, 50006, 50007, 50013, 50014, 50024, 50027, 50083, 160002, 160005, 200000, 220001],
      ];
      for (const code of codes) {
        server.script = answering(status, JSON.stringify({ code, retry_after: 0 }));
        const adapter = createAdapter(server.url);
        for (const asked of [adapter.post(post), adapter.edit?.({ ...post, post: RECEIPT })]) {
          const { message } = await rejection(asked ?? Promise.resolve(post));
          expect(message, String(code)).not.toMatch(/\bbot\b|Send Messages|Read Message History/i);
        }
      }
    },
  );

  it('is checked by reading each webhook, of which nothing but its channel is said', async () => {
    server.script = answering(
      200,
      JSON.stringify({ id: '1', channel_id: CHANNEL, name: 'x', token: SECRET }),
    );
    const adapter = discordWebhook.createAdapter(
      accountWith(`${server.url}${WEBHOOK}?thread_id=1187654321098765499`),
    );
    const { identity } = await adapter.check();
    expect(identity).toBe(`webhooks incidents (of the channel ${CHANNEL})`);
    expect(server.requests.map(({ body, method, path }) => [method, path, body])).toEqual([
      ['GET', `/api/v10/webhooks/${CHANNEL}/${SECRET}`, ''],
    ]);
  });

  it.each([
    [401, '{"code":50027}', 'permanent credentials_rejected', 'copy the URL'],
    [404, '{"code":10015}', 'permanent destination_not_found', 'was deleted'],
    [200, '[]', 'transient unexpected_answer', 'without a webhook'],
    [503, '', 'transient platform_unavailable', 'HTTP 503'],
  ])('says which webhook fails its check, and how: %i %s', async (status, body, kind, words) => {
    server.script = answering(status, body);
    const failure = await rejection(createAdapter(server.url).check());
    expect(`${failure.outcome} ${failure.reason}`).toBe(kind);
    expect(failure.message).toContain('webhook incidents');
    expect(failure.message).toContain(words);
    expect(failure.message).not.toContain(SECRET);
  });

  it.each(['/slack', '/github', '/', ''])('takes a URL that ends in "%s"', async (end) => {
    const adapter = discordWebhook.createAdapter(accountWith(server.url + WEBHOOK + end));
    await adapter.post(post);
    expect(server.requests[0]?.path).toBe(`/api/v10/webhooks/${CHANNEL}/${SECRET}?wait=true`);
  });

  it.each([
    'https://discord.com/api/webhooks/1187654321098765432',
    'https://discord.com/api/webhooks//token',
    'https://discord.com/channels/1/2',
    'http://discord.example/api/webhooks/1187654321098765432/token',
    'discord.com/api/webhooks/1187654321098765432/token',
  ])('refuses the URL %s, and doesn’t show it', (url) => {
    expect(() => discordWebhook.createAdapter(accountWith(url))).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: expect.not.stringMatching(/\/token|1187654/) as string,
      }) as Error,
    );
  });

  it('has the webhook of the environment under the name default', () => {
    expect(discordWebhook.accountFromEnvironment({})).toBeUndefined();
    const account = discordWebhook.accountSchema.parse(
      discordWebhook.accountFromEnvironment({
        DISCORD_WEBHOOK_URL: `https://discord.com${WEBHOOK}`,
      }),
    );
    expect(discordWebhook.checkPath('default', account)).toBeUndefined();
    expect(discordWebhook.checkPath('other', account)).toContain('use one of default');
  });
});
