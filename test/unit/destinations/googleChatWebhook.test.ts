import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { googleChatWebhook } from '../../../src/destinations/google-chat-webhook/platform.js';
import { requestIdsOf } from '../../../src/destinations/google-chat/requestIds.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer } from './scriptedServer.js';

const NAME = 'spaces/AAAAMpdlehY/messages/UMxbHmzDlr4.UMxbHmzDlr4';
const THREAD = 'spaces/AAAAMpdlehY/threads/UMxbHmzDlr4';
const POSTED = JSON.stringify({ name: NAME, thread: { name: THREAD } });
const RECEIPT = { messageId: NAME, thread: THREAD };

function accountAt(url: string, requestTimeoutMs = 5_000) {
  return accountWith(
    `${url}/v1/spaces/AAAAMpdlehY/messages?key=key&token=${SECRET}`,
    requestTimeoutMs,
  );
}

function accountWith(url: string, requestTimeoutMs = 5_000) {
  process.env.CHAT_WEBHOOK_CONTRACT_URL = url;
  return googleChatWebhook.accountSchema.parse({
    webhooks: { incidents: { env: 'CHAT_WEBHOOK_CONTRACT_URL' } },
    requestTimeout: `${requestTimeoutMs}ms`,
  });
}

function createAdapter(url: string, requestTimeoutMs = 5_000): DestinationAdapter {
  return googleChatWebhook.createAdapter(accountAt(url, requestTimeoutMs));
}

describeDestinationContract({
  name: 'Google Chat webhook',
  createAdapter,
  path: 'incidents',
  posts: ({ method }) => method === 'POST',
  success: { status: 200, body: POSTED, receipt: RECEIPT },
  successStatuses: [],
  statuses: {
    404: 'permanent destination_not_found',
    410: 'permanent destination_not_found',
  },
  capabilities: googleChatWebhook.capabilities(undefined),
  reply: {
    isOne: ({ body, method, path }) =>
      method === 'POST' && path.includes('REPLY_MESSAGE_OR_FAIL') && body.includes(THREAD),
    success: { status: 200, body: POSTED, receipt: RECEIPT },
    successStatuses: [],
    statuses: { 404: 'permanent post_not_found', 410: 'permanent post_not_found' },
  },
});

describe('Google Chat webhook adapter', () => {
  let server: ScriptedServer;
  let adapter: DestinationAdapter;
  const post = examplePost('incidents');

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
    adapter = createAdapter(server.url);
  });
  afterEach(() => server.stop());

  it('posts text alone, the source in it, to the URL with its key, its token and the ids of the delivery', async () => {
    server.script = answering(200, POSTED);
    const correlation = { source: 'pagerduty', reference: '55', url: 'https://example.com/55' };
    expect(await adapter.post({ ...post, correlation })).toEqual(RECEIPT);
    const [request] = server.requests;
    const url = new URL(request?.path ?? '', server.url);
    expect(url.pathname).toBe('/v1/spaces/AAAAMpdlehY/messages');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      key: 'key',
      token: SECRET,
      ...requestIdsOf(post),
    });
    expect(request?.headers.authorization).toBeUndefined();
    expect(JSON.parse(request?.body ?? '')).toEqual({
      text: `*🚨 Critical: Disk full*\n\n${post.content.text}\n\n<https://example.com/55|pagerduty · 55>`,
    });
  });

  it('knows the message whose id was used already as its own', async () => {
    server.script = answering(409, '{"error":{"code":409,"status":"ALREADY_EXISTS"}}');
    expect(await adapter.post(post)).toEqual({
      messageId: `spaces/AAAAMpdlehY/messages/${requestIdsOf(post).messageId}`,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('answers in the thread of a post, or fails', async () => {
    server.script = answering(404, '{"error":{"code":404,"status":"NOT_FOUND"}}');
    expect(await rejection(adapter.post({ ...post, replyTo: RECEIPT }))).toMatchObject({
      outcome: 'permanent',
      reason: 'post_not_found',
    });
    expect(server.requests[0]?.path).toContain('messageReplyOption=REPLY_MESSAGE_OR_FAIL');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ thread: { name: THREAD } });
  });

  it.each([
    'https://chat.googleapis.com/v1/spaces/AAAA/messages',
    'https://chat.googleapis.com/v1/spaces/AAAA/messages?key=a',
    'https://chat.googleapis.com/v1/spaces/AAAA?key=a&token=b',
    'https://chat.googleapis.com/v1/spaces/AAAA/messages?key=&token=b',
    'http://chat.example/v1/spaces/AAAA/messages?key=a&token=b',
    'chat.googleapis.com/v1/spaces/AAAA/messages?key=a&token=b',
  ])('refuses the URL %s, and doesn’t show it', (url) => {
    expect(() => googleChatWebhook.createAdapter(accountWith(url))).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: expect.not.stringContaining('token=b') as string,
      }) as Error,
    );
  });

  it('neither searches nor edits, and says so', () => {
    expect('find' in adapter || 'edit' in adapter).toBe(false);
    expect(googleChatWebhook.capabilities(undefined)).toMatchObject({
      search: false,
      edit: false,
      thread: true,
      ownIdempotency: adapter.ownIdempotency,
    });
  });

  it('has the webhook of the environment under the name default', () => {
    expect(googleChatWebhook.accountFromEnvironment({})).toBeUndefined();
    const account = googleChatWebhook.accountSchema.parse(
      googleChatWebhook.accountFromEnvironment({
        GOOGLE_CHAT_WEBHOOK_URL: 'https://chat.googleapis.com/v1/spaces/A/messages?key=a&token=b',
      }),
    );
    expect(googleChatWebhook.checkPath('default', account)).toBeUndefined();
    expect(googleChatWebhook.checkPath('other', account)).toContain('use one of default');
  });
});
