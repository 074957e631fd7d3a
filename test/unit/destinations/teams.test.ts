import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { teams } from '../../../src/destinations/teams/platform.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer, type ReceivedRequest } from './scriptedServer.js';

const TEAM = '0a1b2c3d-0000-4000-8000-000000000001';
const CHANNEL_PATH = `${TEAM}/19:incidents@thread.tacv2`;
const CHAT_PATH = 'chats/19:oncall@thread.v2';
const POSTED = { id: '1763971200000', webUrl: 'https://teams.example/message/1763971200000' };

function createAdapter(url: string, requestTimeoutMs: number): DestinationAdapter {
  process.env.GRAPH_CONTRACT_TOKEN = `token-${SECRET}`;
  return teams.createAdapter(
    teams.accountSchema.parse({
      accessToken: { env: 'GRAPH_CONTRACT_TOKEN' },
      graphUrl: url,
      requestTimeout: `${requestTimeoutMs}ms`,
    }),
  );
}

const isPost = ({ method }: ReceivedRequest): boolean => method === 'POST';

describeDestinationContract({
  name: 'Teams',
  createAdapter,
  path: CHANNEL_PATH,
  posts: isPost,
  success: {
    status: 201,
    body: JSON.stringify(POSTED),
    receipt: { messageId: POSTED.id, url: POSTED.webUrl },
  },
  successStatuses: [],
  statuses: {
    404: 'permanent destination_not_found',
    410: 'permanent destination_not_found',
    509: 'transient rate_limited',
  },
  capabilities: teams.capabilities(undefined, CHANNEL_PATH),
  reply: {
    isOne: ({ method, path }) => method === 'POST' && path.endsWith(`/${POSTED.id}/replies`),
    success: {
      status: 201,
      body: JSON.stringify({ id: '1763971300000', webUrl: null, replyToId: POSTED.id }),
      receipt: { messageId: '1763971300000' },
    },
    successStatuses: [],
    statuses: {
      404: 'permanent post_not_found',
      410: 'permanent post_not_found',
      509: 'transient rate_limited',
    },
  },
  edit: {
    isOne: ({ method, path }) => method === 'PATCH' && path.endsWith(`/messages/${POSTED.id}`),
    success: {
      status: 200,
      body: '{}',
      receipt: { messageId: POSTED.id, url: POSTED.webUrl },
    },
    successStatuses: [200, 204],
    statuses: {
      403: 'permanent edit_refused',
      404: 'permanent post_not_found',
      405: 'permanent edit_refused',
      409: 'transient platform_unavailable',
      410: 'permanent post_not_found',
      412: 'permanent edit_refused',
      509: 'transient rate_limited',
    },
  },
});

describe('Teams adapter', () => {
  let server: ScriptedServer;
  let adapter: DestinationAdapter;
  const post = examplePost(CHANNEL_PATH);

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
    adapter = createAdapter(server.url, 5_000);
  });
  afterEach(() => server.stop());

  it.each([
    [CHANNEL_PATH, `/v1.0/teams/${TEAM}/channels/19%3Aincidents%40thread.tacv2/messages`],
    [CHAT_PATH, '/v1.0/chats/19%3Aoncall%40thread.v2/messages'],
  ])('posts to %s as HTML with the marker, authorised', async (path, resource) => {
    server.script = answering(201, JSON.stringify(POSTED));
    await adapter.post({ ...post, path });
    const [request] = server.requests;
    expect(request).toMatchObject({
      path: resource,
      headers: { authorization: `Bearer token-${SECRET}`, 'content-type': 'application/json' },
    });
    const { body } = JSON.parse(request?.body ?? '') as {
      body: { contentType: string; content: string };
    };
    expect(body.contentType).toBe('html');
    expect(body.content).toContain(`itemprop="sendproof:${post.deliveryId}"`);
  });

  it.each(['', '/', '/v1.0', '/v1.0/'])(
    'takes Graph’s address with "%s" at its end',
    async (end) => {
      server.script = answering(201, JSON.stringify(POSTED));
      await createAdapter(server.url + end, 5_000).post(post);
      expect(server.requests[0]?.path).toMatch(/^\/v1\.0\/teams\//);
    },
  );

  it('gives a receipt without a URL where Graph has none', async () => {
    server.script = answering(201, JSON.stringify({ id: '1', webUrl: null }));
    expect(await adapter.post({ ...post, path: CHAT_PATH })).toEqual({ messageId: '1' });
  });

  it.each([
    [401, 'InvalidAuthenticationToken', 'permanent credentials_rejected'],
    [403, 'Forbidden', 'permanent not_authorised'],
    [403, 'Authorization_RequestDenied', 'permanent not_authorised'],
    [404, 'NotFound', 'permanent destination_not_found'],
    [400, 'BadRequest', 'permanent request_rejected'],
    [400, 'RequestBodyTooLarge', 'permanent content_rejected'],
    [413, 'RequestEntityTooLarge', 'permanent content_rejected'],
    [403, 'TooManyRequests', 'transient rate_limited'],
    [503, 'activityLimitReached', 'transient rate_limited'],
    [503, 'ServiceUnavailable', 'ambiguous platform_unavailable'],
    [504, 'GatewayTimeout', 'ambiguous platform_unavailable'],
    [500, 'InternalServerError', 'ambiguous platform_unavailable'],
    [418, 'A code that is a sentence', 'permanent request_rejected'],
  ])('classifies HTTP %i %s as %s', async (status, code, expected) => {
    server.script = answering(status, JSON.stringify({ error: { code, message: 'words' } }));
    const error = await rejection(adapter.post(post));
    expect(`${error.outcome} ${error.reason}`).toBe(expected);
    expect(error.platformCode).toBe(code.includes(' ') ? undefined : code);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['an empty body', ''],
    ['text', 'created'],
    ['JSON that is cut off', '{"id":"1'],
    ['a message without an id', '{"webUrl":null}'],
    ['a message whose id is empty', '{"id":""}'],
    ['an error', '{"error":{"code":"UnknownError","message":"words"}}'],
    ['both a message and an error', JSON.stringify({ ...POSTED, error: { message: 'words' } })],
    ['null', 'null'],
  ])('finds a 201 with %s ambiguous', async (_what, body) => {
    server.script = answering(201, body);
    expect(await rejection(adapter.post(post))).toMatchObject({
      outcome: 'ambiguous',
      reason: 'unexpected_answer',
    });
  });

  it.each([
    [201, 'TooManyRequests', 'transient rate_limited'],
    [200, 'activityLimitReached', 'transient rate_limited'],
    [202, 'RequestBodyTooLarge', 'permanent content_rejected'],
    [200, 'Forbidden', 'permanent not_authorised'],
    [200, 'BadGateway', 'ambiguous platform_unavailable'],
  ])('judges an error inside HTTP %i by its code: %s is %s', async (status, code, expected) => {
    server.script = answering(status, JSON.stringify({ error: { code, message: 'words' } }));
    const error = await rejection(adapter.post(post));
    expect(`${error.outcome} ${error.reason}`).toBe(expected);
    expect(error).toMatchObject({ httpStatus: status, platformCode: code });
  });

  it.each(['application/json', 'text/plain', 'application/octet-stream', ''])(
    'reads answers with a byte-order mark and the Content-Type "%s"',
    async (contentType) => {
      const headers = { 'content-type': contentType };
      server.script = answering(201, `\uFEFF${JSON.stringify(POSTED)}`, headers);
      expect(await adapter.post(post)).toEqual({ messageId: POSTED.id, url: POSTED.webUrl });

      const body = JSON.stringify({ error: { code: 'TooManyRequests', message: 'words' } });
      server.script = answering(403, `\uFEFF${body}`, headers);
      expect(await rejection(adapter.post(post))).toMatchObject({
        reason: 'rate_limited',
        platformCode: 'TooManyRequests',
      });

      server.script = answering(200, `\uFEFF${JSON.stringify({ value: [] })}`, headers);
      const query = { path: CHANNEL_PATH, deliveryId: post.deliveryId, since: new Date() };
      expect(await adapter.find?.(query)).toBeUndefined();
    },
  );

  describe('looking for a post', () => {
    const since = new Date('2025-11-24T08:00:00Z');
    const query = { path: CHANNEL_PATH, deliveryId: post.deliveryId, since };
    const message = (id: string, changed: string, deliveryId = 'another') => ({
      id,
      webUrl: `https://teams.example/message/${id}`,
      createdDateTime: changed,
      lastModifiedDateTime: changed,
      body: { content: `<div itemprop="sendproof:${deliveryId}">…</div>` },
    });

    /** Answers with the pages in turn, and an error beyond them. */
    function playPages(...pages: object[][]): void {
      server.script = (socket, request) => {
        const index = server.requests.length - 1;
        const more = index < pages.length - 1;
        const page = {
          value: pages[index],
          ...(more && {
            '@odata.nextLink': `https://elsewhere.example/v1.0/x?$top=50&$skiptoken=page-${index + 1}`,
          }),
        };
        answering(pages[index] ? 200 : 500, JSON.stringify(page))(socket, request);
      };
    }

    it('pages through the messages, never leaving Graph’s address, and adopts the post', async () => {
      playPages(
        [message('3', '2025-11-24T08:10:00Z', `${post.deliveryId}0`)],
        [message('2', '2025-11-24T08:05:00Z', post.deliveryId)],
      );
      expect(await adapter.find?.(query)).toEqual({
        messageId: '2',
        url: 'https://teams.example/message/2',
      });
      const resource = `/v1.0/teams/${TEAM}/channels/19%3Aincidents%40thread.tacv2/messages`;
      expect(server.requests.map(({ path }) => path)).toEqual([
        `${resource}?$top=50`,
        `${resource}?$top=50&$skiptoken=page-1`,
      ]);
    });

    it('continues at the page that an earlier attempt did not reach, and then reads what is newer', async () => {
      playPages([message('1', '2025-11-24T07:50:00Z')], [message('9', '2025-11-24T08:00:00Z')]);
      const startedAt = '2025-11-24T08:10:00.000Z';
      const cursor = '?$top=50&$skiptoken=page-7';
      const continueAt = { since: since.toISOString(), startedAt, cursor };
      expect(await adapter.find?.({ ...query, continueAt })).toBeUndefined();
      expect(server.requests.map(({ path }) => path.split('messages')[1])).toEqual([
        cursor,
        '?$top=50',
      ]);
    });

    it('reads on after a page without messages, as Graph has some between others', async () => {
      playPages([], [], [message('2', '2025-11-24T08:05:00Z', post.deliveryId)]);
      expect(await adapter.find?.(query)).toMatchObject({ messageId: '2' });
    });

    it('stops at a page that is older than the first attempt, less a minute', async () => {
      playPages(
        [message('3', '2025-11-24T07:59:30Z')],
        [message('2', '2025-11-24T07:58:59Z')],
        [message('1', '2025-11-24T07:50:00Z')],
      );
      expect(await adapter.find?.(query)).toBeUndefined();
      expect(server.requests).toHaveLength(2);
    });

    it.each([
      [401, 'permanent credentials_rejected'],
      [403, 'permanent not_authorised'],
      [404, 'permanent destination_not_found'],
      [429, 'transient rate_limited'],
      [503, 'transient platform_unavailable'],
    ])('is %i → %s: never ambiguous', async (status, expected) => {
      server.script = answering(status, '{}');
      const error = await rejection(adapter.find?.(query) ?? Promise.resolve());
      expect(`${error.outcome} ${error.reason}`).toBe(expected);
    });

    it('is transient when it takes too long', async () => {
      adapter = createAdapter(server.url, 100);
      server.script = answering(
        200,
        JSON.stringify({
          value: [message('1', '2025-11-24T09:00:00Z')],
          '@odata.nextLink': 'https://graph.example/?$skiptoken=for-ever',
        }),
      );
      expect(await rejection(adapter.find?.(query) ?? Promise.resolve())).toMatchObject({
        outcome: 'transient',
        reason: 'timeout',
      });
    });

    it('is refused once Teams has been seen to remove the marker', async () => {
      server.script = answering(201, JSON.stringify({ ...POSTED, body: { content: '<p>…</p>' } }));
      await adapter.post(post);
      expect(await rejection(adapter.find?.(query) ?? Promise.resolve())).toMatchObject({
        outcome: 'permanent',
      });
    });
  });

  it('tells whose credentials it has', async () => {
    server.script = answering(
      200,
      JSON.stringify({ displayName: 'Alerts', userPrincipalName: 'alerts@example.com' }),
    );
    expect(await adapter.check()).toEqual({ identity: 'Alerts, alerts@example.com' });
  });
});

describe('Teams destinations', () => {
  const account = teams.accountSchema.parse({ accessToken: { env: 'GRAPH_CONTRACT_TOKEN' } });

  it.each([CHANNEL_PATH, CHAT_PATH, 'chats/19:a_b@unq.gbl.spaces'])('may be %s', (path) => {
    expect(teams.checkPath(path, account)).toBeUndefined();
  });

  it.each([
    'Incidents',
    `${TEAM}/Incidents`,
    `incidents/19:incidents@thread.tacv2`,
    `${CHANNEL_PATH}/more`,
    'chats/',
    'chats/19:x/../../users@thread.v2',
    `${TEAM}/19:a?b@thread.tacv2`,
  ])('may not be %s: the error says what to write', (path) => {
    expect(teams.checkPath(path, account)).toContain('<team id>/<channel id>');
  });

  it('has the account of the environment, by token or by sign-in', () => {
    const parsed = (environment: NodeJS.ProcessEnv) =>
      teams.accountSchema.parse(teams.accountFromEnvironment(environment));
    expect(teams.accountFromEnvironment({ GRAPH_TENANT_ID: 'example.com' })).toBeUndefined();
    expect(
      parsed({ GRAPH_ACCESS_TOKEN: 'a token', GRAPH_BASE_URL: 'http://127.0.0.1:4010' }),
    ).toMatchObject({ graphUrl: 'http://127.0.0.1:4010' });
    expect(parsed({ GRAPH_TENANT_ID: 'example.com', GRAPH_CLIENT_ID: 'an app' })).toMatchObject({
      graphUrl: 'https://graph.microsoft.com',
      signIn: { tenantId: 'example.com', tokenCache: '.sendproof/teams-default-token-cache.json' },
    });
  });

  it('needs exactly one kind of credential', () => {
    expect(teams.accountSchema.safeParse({}).success).toBe(false);
    expect(
      teams.accountSchema.safeParse({ signIn: { tenantId: 'example.com', clientId: 'an app' } })
        .success,
    ).toBe(false);
  });
});
