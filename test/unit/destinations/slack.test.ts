import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { slack } from '../../../src/destinations/slack/platform.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer, type ReceivedRequest } from './scriptedServer.js';

const CHANNEL = 'C0123ABC';
const TS = '1763971200.000100';
const POSTED = { ok: true, channel: CHANNEL, ts: TS };
const ANSWER = { ok: true, channel: CHANNEL, ts: '1763971300.000200' };

function createAdapter(url: string, requestTimeoutMs: number): DestinationAdapter {
  process.env.SLACK_CONTRACT_TOKEN = `token-${SECRET}`;
  return slack.createAdapter(
    slack.accountSchema.parse({
      token: { env: 'SLACK_CONTRACT_TOKEN' },
      apiUrl: `${url}/api/`,
      requestTimeout: `${requestTimeoutMs}ms`,
    }),
  );
}

type SlackBody = { ok: boolean } & Record<string, unknown>;

const isPost = ({ path }: ReceivedRequest): boolean => path === '/api/chat.postMessage';

describeDestinationContract({
  name: 'Slack',
  createAdapter,
  path: CHANNEL,
  posts: isPost,
  success: {
    status: 200,
    body: JSON.stringify(POSTED),
    receipt: { messageId: TS, channel: CHANNEL },
  },
  successStatuses: [200],
  capabilities: slack.capabilities(undefined),
  reply: {
    isOne: isPost,
    success: {
      status: 200,
      body: JSON.stringify({ ...ANSWER, message: { ts: ANSWER.ts, thread_ts: TS } }),
      receipt: { messageId: ANSWER.ts, channel: CHANNEL },
    },
    successStatuses: [200],
  },
  edit: {
    isOne: ({ path }) => path === '/api/chat.update',
    success: {
      status: 200,
      body: JSON.stringify(POSTED),
      receipt: { messageId: TS, channel: CHANNEL },
    },
    successStatuses: [200],
  },
});

describe('Slack adapter', () => {
  let server: ScriptedServer;
  let adapter: DestinationAdapter;
  const post = examplePost(CHANNEL);

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
    adapter = createAdapter(server.url, 5_000);
  });
  afterEach(() => server.stop());

  /** Answers each method with its own body. */
  function play(bodies: Record<string, SlackBody | ((form: URLSearchParams) => SlackBody)>): void {
    server.script = (socket, request) => {
      const body = bodies[request.path.replace('/api/', '')] ?? {
        ok: false,
        error: 'unknown_method',
      };
      const form = new URLSearchParams(request.body);
      answering(200, JSON.stringify('ok' in body ? body : body(form)))(socket, request);
    };
  }

  it('posts with the delivery’s metadata and nothing that Slack would unfurl or parse', async () => {
    play({ 'chat.postMessage': POSTED });
    await adapter.post(post);
    const request = server.requests.find(isPost);
    expect(request?.headers.authorization).toBe(`Bearer token-${SECRET}`);
    const form = Object.fromEntries(new URLSearchParams(request?.body));
    expect(form).toMatchObject({
      channel: CHANNEL,
      unfurl_links: 'false',
      unfurl_media: 'false',
      link_names: 'false',
      parse: 'none',
    });
    expect(JSON.parse(form.metadata ?? '')).toEqual({
      event_type: 'sendproof_delivery',
      event_payload: { delivery_id: post.deliveryId, trace_id: post.traceId },
    });
  });

  it('makes the permalink itself, having asked for the workspace’s address once', async () => {
    play({
      'chat.postMessage': POSTED,
      'auth.test': { ok: true, url: 'https://example.slack.com/' },
    });
    for (let count = 0; count < 3; count += 1) {
      expect((await adapter.post(post)).url).toBe(
        'https://example.slack.com/archives/C0123ABC/p1763971200000100',
      );
    }
    expect(server.requests.filter(({ path }) => path === '/api/auth.test')).toHaveLength(1);
    expect(server.requests.filter(isPost)).toHaveLength(3);
  });

  it('does without a permalink where the workspace’s address can’t be had', async () => {
    play({
      'chat.postMessage': POSTED,
      'auth.test': { ok: false, error: 'internal_error' },
    });
    expect(await adapter.post(post)).toEqual({ messageId: TS, channel: CHANNEL });
  });

  it.each([
    ['ratelimited', 'transient rate_limited'],
    ['rate_limited', 'transient rate_limited'],
    ['team_added_to_org', 'transient platform_unavailable'],
    ['service_unavailable', 'ambiguous platform_unavailable'],
    ['internal_error', 'ambiguous platform_unavailable'],
    ['fatal_error', 'ambiguous platform_unavailable'],
    ['channel_not_found', 'permanent destination_not_found'],
    ['is_archived', 'permanent destination_not_found'],
    ['not_in_channel', 'permanent not_authorised'],
    ['restricted_action', 'permanent not_authorised'],
    ['restricted_action_read_only_channel', 'permanent not_authorised'],
    ['restricted_action_of_next_year', 'permanent not_authorised'],
    ['missing_scope', 'permanent not_authorised'],
    ['no_permission', 'permanent not_authorised'],
    ['invalid_auth', 'permanent credentials_rejected'],
    ['not_authed', 'permanent credentials_rejected'],
    ['token_revoked', 'permanent credentials_rejected'],
    ['token_expired', 'permanent credentials_rejected'],
    ['account_inactive', 'permanent credentials_rejected'],
    ['msg_too_long', 'permanent content_rejected'],
    ['no_text', 'permanent content_rejected'],
    ['metadata_too_large', 'permanent content_rejected'],
    ['a_code_that_is_new', 'permanent request_rejected'],
  ])('classifies ok:false %s as %s', async (code, expected) => {
    play({ 'chat.postMessage': { ok: false, error: code } });
    const error = await rejection(adapter.post(post));
    expect(`${error.outcome} ${error.reason}`).toBe(expected);
    expect(error).toMatchObject({ platformCode: code, httpStatus: 200 });
    expect(server.requests.filter(isPost)).toHaveLength(1);
  });

  it('names the scope that is missing', async () => {
    play({ 'chat.postMessage': { ok: false, error: 'missing_scope', needed: 'chat:write' } });
    expect((await rejection(adapter.post(post))).message).toContain('needed: chat:write');
  });

  it.each([
    ['an empty body', ''],
    ['text', 'ok'],
    ['JSON that is cut off', JSON.stringify(POSTED).slice(0, -5)],
    ['JSON that is no object', '"ok"'],
    ['an object without ok', '{}'],
    ['a refusal without a code', '{"ok":false}'],
    ['a refusal whose code is a sentence', '{"ok":false,"error":"Something went wrong"}'],
    ['a success without ts', '{"ok":true,"channel":"C0123ABC"}'],
    ['a success without a channel', `{"ok":true,"ts":"${TS}"}`],
    ['a success whose ts is empty', '{"ok":true,"channel":"C0123ABC","ts":""}'],
    ['a success whose ts is a number', '{"ok":true,"channel":"C0123ABC","ts":1763971200.0001}'],
    ['a success with an error', JSON.stringify({ ...POSTED, error: 'fatal_error' })],
    ['a success in words', JSON.stringify({ ...POSTED, ok: 'true' })],
    ['an error of a gateway', '{"error":{"code":429,"message":"Too many requests"}}'],
    ['null', 'null'],
  ])('finds a 200 with %s ambiguous', async (_what, body) => {
    server.script = answering(200, body);
    expect(await rejection(adapter.post(post))).toMatchObject({
      outcome: 'ambiguous',
      reason: 'unexpected_answer',
    });
  });

  it('finds a success that the SDK can’t read ambiguous, also among others at the same time', async () => {
    const unreadable = { messages: 5 };
    server.script = answering(200, JSON.stringify({ ...POSTED, response_metadata: unreadable }));
    const errors = await Promise.all(
      Array.from({ length: 10 }, () => rejection(adapter.post(post))),
    );
    expect(errors.map(({ outcome }) => outcome)).toEqual(errors.map(() => 'ambiguous'));
    expect(server.requests.filter(isPost)).toHaveLength(10);
  });

  describe('looking for a post', () => {
    const since = new Date('2025-11-24T08:00:00Z');
    const query = { path: CHANNEL, deliveryId: post.deliveryId, since };
    const message = (deliveryId: string, ts: string) => ({
      ts,
      metadata: {
        event_type: 'sendproof_delivery',
        event_payload: { delivery_id: deliveryId },
      },
    });

    it('pages through the history since the first attempt, less a minute, and adopts the post', async () => {
      play({
        'auth.test': { ok: true, url: 'https://example.slack.com/' },
        'conversations.history': (form) =>
          form.get('cursor') === 'second'
            ? { ok: true, messages: [{ ts: '5.1' }, message(post.deliveryId, TS)] }
            : {
                ok: true,
                messages: [message(`${post.deliveryId}0`, '9.1'), { ts: '8.1' }],
                response_metadata: { next_cursor: 'second' },
              },
      });
      expect(await adapter.find?.(query)).toEqual({
        messageId: TS,
        channel: CHANNEL,
        url: 'https://example.slack.com/archives/C0123ABC/p1763971200000100',
      });
      const pages = server.requests
        .filter(({ path }) => path === '/api/conversations.history')
        .map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
      expect(pages).toHaveLength(2);
      expect(pages[0]).toMatchObject({
        channel: CHANNEL,
        include_all_metadata: 'true',
        oldest: (since.getTime() / 1_000 - 60).toFixed(6),
      });
      expect(server.requests.filter(isPost)).toHaveLength(0);
    });

    it('continues at the cursor of an earlier attempt, and then reads what is newer', async () => {
      const positions: unknown[] = [];
      play({
        'conversations.history': (form) => ({
          ok: true,
          messages: [],
          ...(form.get('cursor') === 'third' && { response_metadata: { next_cursor: 'fourth' } }),
        }),
      });
      const found = await adapter.find?.({
        ...query,
        continueAt: {
          since: since.toISOString(),
          startedAt: '2025-11-24T08:10:00.000Z',
          cursor: 'third',
        },
        savePosition: (position) => positions.push(position),
      });
      expect(found).toBeUndefined();
      const asked = server.requests.map(({ body }) => new URLSearchParams(body));
      expect(asked.map((form) => form.get('cursor'))).toEqual(['third', 'fourth', null]);
      expect(asked[2]?.get('oldest')).toBe('1763971740.000000');
      expect(positions).toMatchObject([
        { since: since.toISOString(), cursor: 'fourth' },
        { since: '2025-11-24T08:10:00.000Z' },
      ]);
    });

    it('reads only until an hour after the attempt, where it is long past', async () => {
      play({ 'conversations.history': { ok: true, messages: [] } });
      await adapter.find?.({ ...query, until: new Date('2025-11-24T09:00:00Z') });
      const form = new URLSearchParams(server.requests[0]?.body);
      expect(form.get('latest')).toBe('1763974860.000000');
    });

    it('begins again where Slack no longer knows the cursor', async () => {
      play({
        'conversations.history': (form) =>
          form.has('cursor')
            ? { ok: false, error: 'invalid_cursor' }
            : { ok: true, messages: [message(post.deliveryId, TS)] },
      });
      const startedAt = '2025-11-24T08:10:00.000Z';
      const continueAt = { since: since.toISOString(), startedAt, cursor: 'third' };
      expect(await adapter.find?.({ ...query, continueAt })).toMatchObject({ messageId: TS });
    });

    it('says that it is absent when no page has it', async () => {
      play({ 'conversations.history': { ok: true, messages: [{ ts: '1.1' }] } });
      expect(await adapter.find?.(query)).toBeUndefined();
    });

    it.each([
      ['no messages', { ok: true }],
      ['messages that are no list', { ok: true, messages: {} }],
      ['more pages, but no cursor', { ok: true, messages: [], has_more: true }],
      [
        'more pages, but an empty cursor',
        { ok: true, messages: [], has_more: true, response_metadata: { next_cursor: '' } },
      ],
    ])('does not say that it is absent when the answer has %s', async (_what, answer) => {
      play({ 'conversations.history': answer });
      expect(await rejection(adapter.find?.(query) ?? Promise.resolve())).toMatchObject({
        outcome: 'transient',
        reason: 'unexpected_answer',
      });
    });

    it.each([
      ['missing_scope', 'permanent not_authorised'],
      ['not_in_channel', 'permanent not_authorised'],
      ['invalid_auth', 'permanent credentials_rejected'],
      ['ratelimited', 'transient rate_limited'],
      ['internal_error', 'transient platform_unavailable'],
    ])('is %s → %s: never ambiguous', async (code, expected) => {
      play({ 'conversations.history': { ok: false, error: code } });
      const error = await rejection(adapter.find?.(query) ?? Promise.resolve());
      expect(`${error.outcome} ${error.reason}`).toBe(expected);
    });

    it('is transient when it takes too long', async () => {
      adapter = createAdapter(server.url, 100);
      play({
        'conversations.history': {
          ok: true,
          messages: [],
          response_metadata: { next_cursor: 'for-ever' },
        },
      });
      expect(await rejection(adapter.find?.(query) ?? Promise.resolve())).toMatchObject({
        outcome: 'transient',
        reason: 'timeout',
      });
    });
  });

  it('tells whose credentials it has', async () => {
    play({
      'auth.test': {
        ok: true,
        user: 'sendproof',
        team: 'Example',
        url: 'https://example.slack.com/',
      },
    });
    expect(await adapter.check()).toEqual({
      identity: 'sendproof in Example (https://example.slack.com/)',
    });
  });
});

describe('Slack destinations', () => {
  const account = slack.accountSchema.parse({ token: { env: 'SLACK_CONTRACT_TOKEN' } });

  it.each(['C0123ABC', 'G0123ABC', 'D0123ABC', 'U0123ABC'])('may be %s', (path) => {
    expect(slack.checkPath(path, account)).toBeUndefined();
  });

  it.each(['#Ops', 'ops', 'c0123abc', 'C0123ABC/thread', ''])(
    'may not be "%s": the error says where ids are found',
    (path) => {
      expect(slack.checkPath(path, account)).toContain('Channel ID');
    },
  );

  it('has the account of the environment where there is a token', () => {
    expect(slack.accountFromEnvironment({})).toBeUndefined();
    const fromEnvironment = slack.accountFromEnvironment({
      SLACK_BOT_TOKEN: 'a token',
      SLACK_API_URL: 'http://127.0.0.1:4010/api/',
    });
    expect(slack.accountSchema.parse(fromEnvironment)).toMatchObject({
      apiUrl: 'http://127.0.0.1:4010/api/',
      requestTimeout: 10_000,
    });
  });
});
