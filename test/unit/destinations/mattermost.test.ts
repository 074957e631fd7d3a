import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter, Edit } from '../../../src/destinations/destination.js';
import { mattermost } from '../../../src/destinations/mattermost/platform.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer } from './scriptedServer.js';

const CHANNEL = '4yrf1mi5oib9pqhmb7ih1ya3kr';
const ID = 'h5wz8kmqk3g6bktjf9s1o1pyqc';
const POST = { id: ID, channel_id: CHANNEL, root_id: '', create_at: 1 };
const POSTED = JSON.stringify(POST);
const RECEIPT = { messageId: ID, channel: CHANNEL };

function accountAt(url: string, requestTimeoutMs = 5_000, more: object = {}) {
  process.env.MATTERMOST_CONTRACT_TOKEN = SECRET;
  return mattermost.accountSchema.parse({
    token: { env: 'MATTERMOST_CONTRACT_TOKEN' },
    url,
    requestTimeout: `${requestTimeoutMs}ms`,
    ...more,
  });
}

function createAdapter(url: string, requestTimeoutMs = 5_000, more: object = {}) {
  return mattermost.createAdapter(accountAt(url, requestTimeoutMs, more));
}

const created = { status: 201, body: POSTED, receipt: RECEIPT };
const GONE = { 404: 'permanent destination_not_found', 410: 'permanent destination_not_found' };

describeDestinationContract({
  name: 'Mattermost',
  createAdapter,
  path: CHANNEL,
  posts: ({ method }) => method === 'POST',
  success: created,
  successStatuses: [],
  statuses: GONE,
  capabilities: mattermost.capabilities(undefined),
  edit: {
    isOne: ({ method }) => method === 'PUT',
    success: { ...created, status: 200 },
    successStatuses: [],
    statuses: {
      403: 'permanent edit_refused',
      404: 'permanent post_not_found',
      410: 'permanent post_not_found',
    },
  },
  reply: {
    isOne: ({ body, method }) => method === 'POST' && body.includes('root_id'),
    success: created,
    successStatuses: [],
    statuses: GONE,
  },
});

const error = (id: string, status: number) =>
  JSON.stringify({ id, message: 'words of Mattermost', detailed_error: '', status_code: status });

describe('Mattermost adapter', () => {
  let server: ScriptedServer;
  let adapter: DestinationAdapter;
  const post = examplePost(CHANNEL);
  const edit: Edit = { ...post, post: RECEIPT };
  const bodyOf = (index = 0) =>
    JSON.parse(server.requests[index]?.body ?? '') as Record<string, unknown>;

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
    adapter = createAdapter(server.url);
    server.script = answering(201, POSTED);
  });
  afterEach(() => server.stop());

  it('posts with an id of its own for repeated requests, and a property for the search', async () => {
    await adapter.post(post);
    await adapter.post(post);
    const [first, again] = server.requests;
    expect(first?.path).toBe('/api/v4/posts');
    expect(first?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(bodyOf()).toEqual({
      channel_id: CHANNEL,
      message: `**\u200B🚨 Critical: Disk full**\n\n${post.content.text}\n\npagerduty · 55`,
      pending_post_id: `sendproof:${post.deliveryId}`,
      props: { sendproof_delivery: post.deliveryId },
    });
    expect(again?.body).toBe(first?.body);
  });

  it('answers in the thread of the root, also of a post that is an answer', async () => {
    const root = 'r5wz8kmqk3g6bktjf9s1o1pyqc';
    await adapter.post({ ...post, replyTo: RECEIPT });
    await adapter.post({ ...post, replyTo: { ...RECEIPT, thread: root } });
    expect([bodyOf(0).root_id, bodyOf(1).root_id]).toEqual([ID, root]);
    server.script = answering(201, JSON.stringify({ ...POST, root_id: root }));
    expect(await adapter.post({ ...post, replyTo: RECEIPT })).toEqual({ ...RECEIPT, thread: root });
  });

  it('edits the message alone, so that the post is still found', async () => {
    server.script = answering(200, POSTED);
    await adapter.edit?.(edit);
    expect(server.requests[0]).toMatchObject({ method: 'PUT', path: `/api/v4/posts/${ID}/patch` });
    expect(Object.keys(bodyOf())).toEqual(['message']);
  });

  it.each([{}, { messageId: '../users/me' }, { messageId: '1763971200.000100' }])(
    'neither edits nor answers the receipt %j',
    async (receipt) => {
      for (const attempt of [
        adapter.edit?.({ ...edit, post: receipt }),
        adapter.post({ ...post, replyTo: receipt }),
      ]) {
        expect(await rejection(attempt ?? Promise.resolve())).toMatchObject({
          outcome: 'permanent',
          reason: 'post_not_found',
        });
      }
      expect(server.requests).toHaveLength(0);
    },
  );

  it.each([
    [401, 'api.context.session_expired.app_error', 'permanent credentials_rejected'],
    [403, 'api.context.permissions.app_error', 'permanent not_authorised'],
    [400, 'api.post.create_post.can_not_post_to_deleted.error', 'permanent destination_not_found'],
    [400, 'api.post.create_post.root_id.app_error', 'permanent post_not_found'],
    [400, 'api.post.create_post.channel_root_id.app_error', 'permanent post_not_found'],
    [400, 'model.post.is_valid.message_length.app_error', 'permanent content_rejected'],
    [400, 'api.context.invalid_body_param.app_error', 'permanent request_rejected'],
    [404, 'api.context.404.app_error', 'permanent destination_not_found'],
    [500, 'api.post.deduplicate_create_post.pending', 'ambiguous platform_unavailable'],
    [500, 'model.post.is_valid.message_length.app_error', 'ambiguous platform_unavailable'],
    [501, 'api.post.create_post.root_id.app_error', 'ambiguous platform_unavailable'],
    [400, '__proto__', 'permanent request_rejected'],
    [200, 'api.context.permissions.app_error', 'ambiguous unexpected_answer'],
  ])('finds a post that is answered %i %s: %s', async (status, id, expected) => {
    server.script = answering(status, error(id, status), { 'retry-after': '7' });
    const failure = await rejection(adapter.post(post));
    expect(`${failure.outcome} ${failure.reason}`).toBe(expected);
    expect(failure).toMatchObject({ httpStatus: status, retryAfterMs: 7_000 });
    expect(failure.message).not.toContain('words of Mattermost');
  });

  it.each([
    [400, 'api.post.update_post.permissions_time_limit.app_error', 'permanent edit_refused'],
    [400, 'api.post.update_post.system_message.app_error', 'permanent edit_refused'],
    [403, 'api.context.permissions.app_error', 'permanent edit_refused'],
    [404, 'app.post.get.app_error', 'permanent post_not_found'],
    [401, 'api.context.session_expired.app_error', 'permanent credentials_rejected'],
  ])('finds an edit that is answered %i %s: %s', async (status, id, expected) => {
    server.script = answering(status, error(id, status));
    const failure = await rejection(adapter.edit?.(edit) ?? Promise.resolve());
    expect(`${failure.outcome} ${failure.reason}`).toBe(expected);
  });

  it.each([
    [404, 'app.post.get.app_error', 'permanent post_not_found'],
    [403, 'api.context.permissions.app_error', 'permanent edit_refused'],
    [401, 'api.context.session_expired.app_error', 'permanent edit_refused'],
    [503, 'app.fault.app_error', 'transient platform_unavailable'],
    [200, ID, 'permanent edit_refused'],
  ])(
    'asks for the post where an edit is forbidden, and is answered %i %s: %s',
    async (status, id, expected) => {
      const forbidden = answering(403, error('api.context.permissions.app_error', 403));
      server.script = (socket, request) => {
        const answer = request.method === 'PUT' ? forbidden : answering(status, error(id, status));
        answer(socket, request);
      };
      const failure = await rejection(adapter.edit?.(edit) ?? Promise.resolve());
      expect(`${failure.outcome} ${failure.reason}`).toBe(expected);
      expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        `PUT /api/v4/posts/${ID}/patch`,
        `GET /api/v4/posts/${ID}`,
      ]);
    },
  );

  it.each([
    ['3', 3_000],
    ['0', 0],
    ['soon', undefined],
    ['', undefined],
  ])('waits as X-RateLimit-Reset says: %s', async (reset, expected) => {
    server.script = answering(429, 'limit exceeded', { 'x-ratelimit-reset': reset });
    const failure = await rejection(adapter.post(post));
    expect(failure).toMatchObject({ reason: 'rate_limited', retryAfterMs: expected });
  });

  it('reads X-RateLimit-Reset as a time, too', async () => {
    const reset = String(Math.floor(Date.now() / 1_000) + 30);
    server.script = answering(429, 'limit exceeded', { 'x-ratelimit-reset': reset });
    const failure = await rejection(adapter.post(post));
    expect(failure.retryAfterMs).toBeGreaterThan(15_000);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(30_000);
  });

  it('mentions people by their names, which it looks up once, and only where the account allows it', async () => {
    const mentions = {
      users: ['anauser0000000000000000001', 'ben@example.com'],
      channel: true as const,
    };
    const content = { text: '@here', mentions };
    expect((await rejection(adapter.post({ ...post, content }))).message).toContain(
      'content.mentions.users.0',
    );
    const allowed = createAdapter(server.url, 5_000, { mentions: { users: true, channel: true } });
    server.script = (socket, request) => {
      const name = request.path.includes('email') ? 'ben.smith' : 'ana';
      const user = JSON.stringify({ id: 'x', username: name });
      const answer = request.method === 'GET' ? answering(200, user) : answering(201, POSTED);
      answer(socket, request);
    };
    await allowed.post({ ...post, content, correlation: undefined });
    await allowed.post({ ...post, content, correlation: undefined });
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v4/users/anauser0000000000000000001',
      'GET /api/v4/users/email/ben%40example.com',
      'POST /api/v4/posts',
      'POST /api/v4/posts',
    ]);
    expect(bodyOf(2).message).toBe('@ana @ben.smith @channel\n\n@\u200Bhere');
  });

  it('refuses a message that mentions nobody whom Mattermost knows', async () => {
    const content = { text: 'a', mentions: { users: ['nobody@example.com'] } };
    server.script = answering(404, error('app.user.missing_account.const', 404));
    const allowed = createAdapter(server.url, 5_000, { mentions: { users: true } });
    expect(await rejection(allowed.post({ ...post, content }))).toMatchObject({
      outcome: 'permanent',
      reason: 'content_rejected',
    });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  describe('the search', () => {
    const find = () =>
      adapter.find?.({ path: CHANNEL, deliveryId: post.deliveryId, since: new Date() }) ??
      Promise.reject(new Error('no find'));
    const pageOf = (posts: object[]) =>
      JSON.stringify({
        order: posts.map((_, index) => `p${index}`),
        posts: Object.fromEntries(posts.map((each, index) => [`p${index}`, each])),
      });

    it('finds the post by its property, with the thread of an answer', async () => {
      const found = { ...POST, root_id: 'root', props: { sendproof_delivery: post.deliveryId } };
      server.script = answering(200, pageOf([{ ...POST, props: null }, found]));
      expect(await find()).toEqual({ ...RECEIPT, thread: 'root' });
    });

    it('reads on from the last post of a full page, and no further than the first attempt', async () => {
      const page = (create_at: number) =>
        pageOf(Array.from({ length: 200 }, () => ({ ...POST, create_at })));
      server.script = (socket, request) =>
        answering(200, page(request.path.includes('before') ? 1 : Date.now()))(socket, request);
      expect(await find()).toBeUndefined();
      expect(server.requests.map(({ path }) => path)).toEqual([
        `/api/v4/channels/${CHANNEL}/posts?per_page=200`,
        `/api/v4/channels/${CHANNEL}/posts?per_page=200&before=${ID}`,
      ]);
    });

    it.each(['{}', '[]', 'null', '{"order":[]}', '{"order":["a"],"posts":{"a":{}}}'])(
      'takes %s for no list',
      async (body) => {
        server.script = answering(200, body);
        expect((await rejection(find())).outcome).toBe('transient');
      },
    );
  });

  it('names the bot in its check', async () => {
    server.script = answering(200, '{"id":"x","username":"alarms"}');
    expect(await adapter.check()).toEqual({ identity: 'alarms' });
    server.script = answering(401, error('api.context.session_expired.app_error', 401));
    expect(await rejection(adapter.check())).toMatchObject({ reason: 'credentials_rejected' });
  });

  it.each(['', '/', '/api/v4', '/chat', '/chat/', '/chat/api/v4/'])(
    'takes an address that ends in "%s"',
    async (end) => {
      await createAdapter(server.url + end).post(post);
      const before = end.startsWith('/chat') ? '/chat' : '';
      expect(server.requests[0]?.path).toBe(`${before}/api/v4/posts`);
    },
  );

  it.each(['', 'town-square', '~ops', 'team/channel', CHANNEL.toUpperCase(), `${CHANNEL}a`])(
    'refuses the path "%s", with the remedy',
    async (path) => {
      expect(mattermost.checkPath(path, accountAt(server.url))).toContain('write ');
      expect(await rejection(adapter.post({ ...post, path }))).toMatchObject({
        reason: 'destination_not_found',
      });
      expect(server.requests).toHaveLength(0);
    },
  );

  it('shows as much as the server takes', async () => {
    const small = createAdapter(server.url, 5_000, { maxPostSize: 4_000 });
    const content = { text: 'word '.repeat(5_000), title: 'T'.repeat(1_000) };
    await small.post({ ...post, content });
    expect(String(bodyOf().message).length).toBeLessThanOrEqual(4_000);
    expect(bodyOf().message).toContain('characters are shown');
    expect(
      mattermost.capabilities(accountAt(server.url, 5_000, { maxPostSize: 4_000 })).length.limit,
    ).toBe(4_000);
  });

  it('has the account of the environment, where both its variables are set', () => {
    expect(mattermost.accountFromEnvironment({})).toBeUndefined();
    expect(mattermost.accountFromEnvironment({ MATTERMOST_TOKEN: 'token' })).toBeUndefined();
    expect(
      mattermost.accountFromEnvironment({
        MATTERMOST_URL: 'https://m.example',
        MATTERMOST_TOKEN: 'token',
      }),
    ).toEqual({ url: 'https://m.example', token: { env: 'MATTERMOST_TOKEN' } });
  });
});
