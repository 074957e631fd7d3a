import { verify } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter, Edit } from '../../../src/destinations/destination.js';
import { googleChat } from '../../../src/destinations/google-chat/platform.js';
import { failureOfChat } from '../../../src/destinations/google-chat/failures.js';
import { requestIdsOf } from '../../../src/destinations/google-chat/requestIds.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import {
  answering,
  neverAnswering,
  resetting,
  ScriptedServer,
  type ReceivedRequest,
} from './scriptedServer.js';
import { EMAIL, publicKey, serviceAccountKey } from './serviceAccountKey.js';

const SPACE = 'AAAAMpdlehY';
const NAME = `spaces/${SPACE}/messages/UMxbHmzDlr4.UMxbHmzDlr4`;
const THREAD = `spaces/${SPACE}/threads/UMxbHmzDlr4`;
const POSTED = JSON.stringify({ name: NAME, thread: { name: THREAD }, text: 'echo' });
const RECEIPT = { messageId: NAME, thread: THREAD };

const tokenService = new ScriptedServer();
const issued = (token: string, seconds: unknown = 3_599) =>
  answering(
    200,
    JSON.stringify({ access_token: token, expires_in: seconds, token_type: 'Bearer' }),
  );
beforeAll(() => tokenService.start());
afterAll(() => tokenService.stop());
beforeEach(() => {
  tokenService.requests.length = 0;
  tokenService.script = issued(`token-${SECRET}`);
});

function accountAt(url: string, requestTimeoutMs = 5_000, key = tokenKey()) {
  process.env.CHAT_CONTRACT_KEY = key;
  return googleChat.accountSchema.parse({
    serviceAccount: { env: 'CHAT_CONTRACT_KEY' },
    apiUrl: url,
    requestTimeout: `${requestTimeoutMs}ms`,
  });
}

const tokenKey = (changes?: Record<string, unknown>): string =>
  serviceAccountKey(`${tokenService.url}/token`, changes);

function createAdapter(url: string, requestTimeoutMs = 5_000): DestinationAdapter {
  return googleChat.createAdapter(accountAt(url, requestTimeoutMs));
}

describeDestinationContract({
  name: 'Google Chat',
  createAdapter,
  path: SPACE,
  posts: ({ method }) => method === 'POST',
  success: { status: 200, body: POSTED, receipt: RECEIPT },
  successStatuses: [],
  statuses: {
    // Its token was accepted with the answers before.
    401: 'transient credentials_rejected',
    404: 'permanent destination_not_found',
    410: 'permanent destination_not_found',
  },
  capabilities: googleChat.capabilities(undefined),
  reply: {
    isOne: ({ body, method, path }) =>
      method === 'POST' && path.includes('REPLY_MESSAGE_OR_FAIL') && body.includes(THREAD),
    success: { status: 200, body: POSTED, receipt: RECEIPT },
    successStatuses: [],
    statuses: {
      401: 'transient credentials_rejected',
      404: 'permanent post_not_found',
      410: 'permanent post_not_found',
    },
  },
  edit: {
    isOne: ({ method, path }) => method === 'PATCH' && path.startsWith(`/v1/${NAME}?`),
    success: { status: 200, body: POSTED, receipt: RECEIPT },
    successStatuses: [],
    statuses: {
      401: 'transient credentials_rejected',
      403: 'permanent edit_refused',
      404: 'permanent post_not_found',
      405: 'permanent edit_refused',
      409: 'transient platform_unavailable',
      410: 'permanent post_not_found',
      412: 'permanent edit_refused',
    },
  },
});

describe('Google Chat adapter', () => {
  let server: ScriptedServer;
  let adapter: DestinationAdapter;
  const post = examplePost(SPACE);
  const edit: Edit = { ...post, post: RECEIPT };

  beforeEach(async () => {
    server = new ScriptedServer();
    await server.start();
    adapter = createAdapter(server.url);
  });
  afterEach(() => server.stop());

  const queryOf = (request: ReceivedRequest | undefined): Record<string, string> =>
    Object.fromEntries(new URL(request?.path ?? '', server.url).searchParams);
  const status = (code: number, name: string, reason?: string): string =>
    JSON.stringify({
      error: {
        code,
        message: 'What is wrong, in words.',
        status: name,
        ...(reason !== undefined && {
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }],
        }),
      },
    });

  it('posts text and a card with the source, authorised, with ids of the delivery', async () => {
    server.script = answering(200, POSTED);
    const correlation = { source: 'pagerduty', reference: '55', url: 'https://example.com/55' };
    expect(await adapter.post({ ...post, correlation })).toEqual(RECEIPT);
    const [request] = server.requests;
    expect(request?.path).toMatch(new RegExp(`^/v1/spaces/${SPACE}/messages\\?`));
    expect(request?.headers.authorization).toBe(`Bearer token-${SECRET}`);
    expect(queryOf(request)).toEqual(requestIdsOf(post));
    expect(JSON.parse(request?.body ?? '')).toEqual({
      text: `*🚨 Critical: Disk full*\n\n${post.content.text}`,
      cardsV2: [
        {
          cardId: 'source',
          card: {
            sections: [
              {
                widgets: [
                  {
                    decoratedText: {
                      text: 'pagerduty · 55',
                      wrapText: true,
                      button: {
                        text: 'Open',
                        onClick: { openLink: { url: 'https://example.com/55' } },
                      },
                    },
                  },
                ],
              },
            ],
          },
        },
      ],
    });
  });

  it('makes the same request at every attempt, from every adapter', async () => {
    server.script = answering(503, '');
    for (let attempt = 0; attempt < 3; attempt += 1) await rejection(adapter.post(post));
    await rejection(createAdapter(server.url).post(post));
    const sent = server.requests.map(({ body, path }) => `${path} ${body}`);
    expect(new Set(sent).size).toBe(1);
    expect(sent).toHaveLength(4);
  });

  it('has ids that Google accepts, of their own for each post', () => {
    const seen = new Map<string, string>();
    const part = fc.option(
      fc.integer({ min: 1, max: 50 }).map((number) => ({ number, of: 50, first: undefined })),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), part, (deliveryId, of) => {
        const { messageId, requestId } = requestIdsOf({ deliveryId, part: of });
        expect(messageId).toMatch(/^client-[a-z0-9-]{1,56}$/);
        expect(requestId).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        const whose = JSON.stringify([deliveryId, of?.number ?? 1]);
        expect(seen.get(messageId) ?? whose).toBe(whose);
        seen.set(messageId, whose);
      }),
    );
  });

  it('adopts the message whose id was used already: it is its own', async () => {
    server.script = (socket, request) =>
      (request.method === 'POST'
        ? answering(409, status(409, 'ALREADY_EXISTS'))
        : answering(200, POSTED))(socket, request);
    expect(await adapter.post(post)).toEqual(RECEIPT);
    expect(
      server.requests.map(({ method, path }) => `${method} ${path.split('?')[0] ?? ''}`),
    ).toEqual([
      `POST /v1/spaces/${SPACE}/messages`,
      `GET /v1/spaces/${SPACE}/messages/${requestIdsOf(post).messageId}`,
    ]);
  });

  it('tries again where the message whose id was used can’t be read now', async () => {
    server.script = (socket, request) =>
      (request.method === 'POST'
        ? answering(409, status(409, 'ALREADY_EXISTS'))
        : answering(503, ''))(socket, request);
    expect(await rejection(adapter.post(post))).toMatchObject({
      outcome: 'transient',
      reason: 'platform_unavailable',
    });
  });

  it('answers in the thread of a post, or fails', async () => {
    server.script = answering(200, POSTED);
    await adapter.post({ ...post, replyTo: RECEIPT });
    const [request] = server.requests;
    expect(queryOf(request)).toMatchObject({ messageReplyOption: 'REPLY_MESSAGE_OR_FAIL' });
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ thread: { name: THREAD } });
    server.script = answering(404, status(404, 'NOT_FOUND'));
    expect(await rejection(adapter.post({ ...post, replyTo: RECEIPT }))).toMatchObject({
      outcome: 'permanent',
      reason: 'post_not_found',
    });
  });

  it('says that an answer stands alone where the thread of its post is unknown', async () => {
    server.script = answering(200, POSTED);
    expect(await adapter.post({ ...post, replyTo: { messageId: NAME } })).toEqual({
      ...RECEIPT,
      standsAlone: true,
    });
  });

  it('edits text and card of its post', async () => {
    server.script = answering(200, POSTED);
    expect(await adapter.edit?.(edit)).toEqual(RECEIPT);
    const [request] = server.requests;
    expect(`${request?.method ?? ''} ${request?.path ?? ''}`).toBe(
      `PATCH /v1/${NAME}?updateMask=text%2CcardsV2`,
    );
    expect(Object.keys(JSON.parse(request?.body ?? '') as object)).toEqual(['text', 'cardsV2']);
  });

  it.each([
    [404, status(404, 'NOT_FOUND'), 'permanent post_not_found'],
    [403, status(403, 'PERMISSION_DENIED'), 'permanent edit_refused'],
    [401, status(401, 'UNAUTHENTICATED'), 'permanent credentials_rejected'],
    [400, status(400, 'INVALID_ARGUMENT'), 'permanent content_rejected'],
    [400, status(400, 'FAILED_PRECONDITION'), 'permanent edit_refused'],
    [409, status(409, 'ABORTED'), 'transient platform_unavailable'],
    [429, status(429, 'RESOURCE_EXHAUSTED'), 'transient rate_limited'],
    [503, status(503, 'UNAVAILABLE'), 'ambiguous platform_unavailable'],
  ])('finds an edit that is answered %i %s: %s', async (code, body, expected) => {
    server.script = answering(code, body);
    const error = await rejection(adapter.edit?.(edit) ?? Promise.resolve());
    expect(`${error.outcome} ${error.reason}`).toBe(expected);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    {},
    { messageId: '1763971200000' },
    { messageId: `spaces/OTHER/messages/a.b` },
    { messageId: `${NAME}/../../x` },
  ])('edits nothing for the receipt %j', async (receipt) => {
    expect(
      await rejection(adapter.edit?.({ ...edit, post: receipt }) ?? Promise.resolve()),
    ).toMatchObject({
      outcome: 'permanent',
      reason: 'post_not_found',
    });
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    [400, status(400, 'INVALID_ARGUMENT'), 'permanent content_rejected', 'INVALID_ARGUMENT'],
    [400, status(400, 'FAILED_PRECONDITION'), 'permanent request_rejected', 'FAILED_PRECONDITION'],
    [403, status(403, 'PERMISSION_DENIED'), 'permanent not_authorised', 'PERMISSION_DENIED'],
    [
      403,
      status(403, 'PERMISSION_DENIED', 'SERVICE_DISABLED'),
      'permanent credentials_rejected',
      'SERVICE_DISABLED',
    ],
    [
      403,
      status(403, 'PERMISSION_DENIED', 'RATE_LIMIT_EXCEEDED'),
      'transient rate_limited',
      'RATE_LIMIT_EXCEEDED',
    ],
    [404, status(404, 'NOT_FOUND'), 'permanent destination_not_found', 'NOT_FOUND'],
    [429, status(429, 'RESOURCE_EXHAUSTED'), 'transient rate_limited', 'RESOURCE_EXHAUSTED'],
    [500, status(500, 'INTERNAL'), 'ambiguous platform_unavailable', 'INTERNAL'],
    [503, status(503, 'UNAVAILABLE'), 'ambiguous platform_unavailable', 'UNAVAILABLE'],
    [504, status(504, 'DEADLINE_EXCEEDED'), 'ambiguous platform_unavailable', 'DEADLINE_EXCEEDED'],
    [500, '{"error":"__proto__"}', 'ambiguous platform_unavailable', undefined],
    [400, status(400, '__proto__'), 'permanent request_rejected', '__proto__'],
    [200, status(429, 'RESOURCE_EXHAUSTED'), 'transient rate_limited', 'RESOURCE_EXHAUSTED'],
    [200, status(403, 'PERMISSION_DENIED'), 'permanent not_authorised', 'PERMISSION_DENIED'],
    [200, '{"error":{}}', 'ambiguous unexpected_answer', undefined],
    [200, '{"name":"spaces/A"}', 'ambiguous unexpected_answer', undefined],
    [200, '{"name":7,"thread":null}', 'ambiguous unexpected_answer', undefined],
    [201, POSTED, 'ambiguous unexpected_answer', undefined],
  ])('finds a post that is answered %i %s: %s', async (code, body, expected, platformCode) => {
    server.script = answering(code, body, { 'retry-after': '7' });
    const error = await rejection(adapter.post(post));
    expect(`${error.outcome} ${error.reason}`).toBe(expected);
    expect(error).toMatchObject({ httpStatus: code, platformCode, retryAfterMs: 7_000 });
  });

  it.each<[unknown, Record<string, string>, number | undefined]>([
    ['3.5s', {}, 3_500],
    ['3s', { 'retry-after': '7' }, 7_000],
    ['1000000s', {}, 86_400_000],
    ['soon', {}, undefined],
    [{ seconds: 3 }, {}, undefined],
  ])(
    'waits as long as a RetryInfo of %j asks, beside the headers %j',
    async (retryDelay, headers, expected) => {
      const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }];
      const body = { error: { code: 429, status: 'RESOURCE_EXHAUSTED', details } };
      server.script = answering(429, JSON.stringify(body), headers);
      expect(await rejection(adapter.post(post))).toMatchObject({
        reason: 'rate_limited',
        retryAfterMs: expected,
      });
    },
  );

  it('never takes a status outside of 400–599 for a refusal, whatever its code', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 399 }), fc.string(), (each, code) => {
        expect(failureOfChat(each, { code, reason: code }, 'post').outcome).toBe('ambiguous');
      }),
    );
  });

  it('takes a message without a thread, or with one that is null', async () => {
    for (const thread of [undefined, null, {}]) {
      server.script = answering(200, JSON.stringify({ name: NAME, thread }));
      expect(await adapter.post(post)).toEqual({ messageId: NAME });
    }
  });

  it('checks the account by listing spaces, and names the service account', async () => {
    server.script = answering(200, '{}');
    expect(await adapter.check()).toEqual({ identity: EMAIL });
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/spaces?pageSize=1',
    ]);
  });

  it.each(['', '/', '/v1', '/v1/', '/proxy', '/proxy/v1/'])(
    'takes an address that ends in "%s"',
    async (end) => {
      server.script = answering(200, POSTED);
      await createAdapter(server.url + end).post(post);
      const before = end.startsWith('/proxy') ? '/proxy' : '';
      expect(server.requests[0]?.path).toContain(`${before}/v1/spaces/${SPACE}/messages?`);
      expect(server.requests[0]?.path.startsWith(`${before}/v1/`)).toBe(true);
    },
  );

  it.each([
    '',
    'spaces/AAAA',
    'a/b',
    'a b',
    '../x',
    'ü',
    'x'.repeat(65),
    'a?b',
    'https://mail.google.com/chat/u/0/#chat/space/AAAA',
  ])('refuses the path "%s", with the remedy', async (path) => {
    expect(googleChat.checkPath(path, accountAt(server.url))).toContain('write ');
    expect(await rejection(adapter.post({ ...post, path }))).toMatchObject({
      outcome: 'permanent',
      reason: 'destination_not_found',
    });
    expect(server.requests).toHaveLength(0);
  });

  describe('tokens', () => {
    it('sends an assertion that the key has signed, for Google Chat alone', async () => {
      server.script = answering(200, POSTED);
      await adapter.post(post);
      const [request] = tokenService.requests;
      const form = new URLSearchParams(request?.body);
      expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
      const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
      const signed = Buffer.from(`${header}.${claims}`);
      expect(verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
      const { exp, iat, ...rest } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
        exp: number;
        iat: number;
      };
      expect(rest).toEqual({
        iss: EMAIL,
        scope: 'https://www.googleapis.com/auth/chat.bot',
        aud: `${tokenService.url}/token`,
      });
      expect(exp - iat).toBe(3_600);
    });

    it('asks for one token, however many posts wait for it, and keeps it', async () => {
      server.script = answering(200, POSTED);
      await Promise.all(Array.from({ length: 20 }, () => adapter.post(post)));
      await adapter.post(post);
      expect(tokenService.requests).toHaveLength(1);
    });

    it('renews a token that is about to expire', async () => {
      tokenService.script = issued('short', 60);
      server.script = answering(200, POSTED);
      await adapter.post(post);
      await adapter.post(post);
      expect(tokenService.requests).toHaveLength(2);
    });

    it('tries again with a new token after one that had worked is refused, and only then', async () => {
      server.script = answering(200, POSTED);
      await adapter.post(post);
      server.script = answering(401, status(401, 'UNAUTHENTICATED'));
      expect(await rejection(adapter.post(post))).toMatchObject({
        outcome: 'transient',
        reason: 'credentials_rejected',
      });
      tokenService.script = issued('second');
      expect(await rejection(adapter.post(post))).toMatchObject({
        outcome: 'permanent',
        reason: 'credentials_rejected',
      });
      expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer second');
    });

    it.each([
      [
        answering(400, '{"error":"invalid_grant","error_description":"no"}'),
        'permanent credentials_rejected',
        'invalid_grant',
      ],
      [
        answering(401, '{"error":"invalid_client"}'),
        'permanent credentials_rejected',
        'invalid_client',
      ],
      [answering(404, '<html>'), 'permanent credentials_rejected', undefined],
      [answering(429, '{}', { 'retry-after': '3' }), 'transient rate_limited', undefined],
      [answering(500, ''), 'transient platform_unavailable', undefined],
      [answering(302, ''), 'transient unexpected_answer', undefined],
      [answering(200, '<html>'), 'transient unexpected_answer', undefined],
      [answering(200, '{"access_token":7}'), 'transient unexpected_answer', undefined],
      [issued('line\nbreak'), 'transient unexpected_answer', undefined],
      [issued('token', 'soon'), 'transient unexpected_answer', undefined],
      [resetting, 'transient connection_failed', undefined],
      [neverAnswering, 'transient timeout', undefined],
    ])(
      'knows that nothing was posted where the token service fails (%#)',
      async (script, expected, platformCode) => {
        tokenService.script = script;
        const error = await rejection(createAdapter(server.url, 300).post(post));
        expect(`${error.outcome} ${error.reason}`).toBe(expected);
        expect(error.platformCode).toBe(platformCode);
        expect(tokenService.requests).toHaveLength(1);
        expect(server.requests).toHaveLength(0);
      },
    );

    it.each([
      ['key.json', 'is not JSON'],
      ['null', 'a JSON object'],
      ['[]', 'a JSON object'],
      ['{}', 'type, client_email, private_key'],
      [serviceAccountKey('https://a', { type: 'authorized_user' }), 'type'],
      [
        serviceAccountKey('https://a', { private_key: 'no PEM' }),
        'private_key of $CHAT_CONTRACT_KEY',
      ],
      [serviceAccountKey('https://a', { client_email: null }), 'client_email'],
      [serviceAccountKey('http://tokens.example'), 'token_uri of $CHAT_CONTRACT_KEY'],
      [serviceAccountKey('no url'), 'token_uri of $CHAT_CONTRACT_KEY'],
    ])('refuses the key (%#), and says why without showing it', (key, why) => {
      const account = accountAt(server.url, 5_000, key);
      expect(() => googleChat.createAdapter(account)).toThrow(
        expect.objectContaining({
          name: 'ConfigurationError',
          message: expect.stringContaining(why) as string,
        }) as Error,
      );
    });
  });

  it('has the account of the environment, with the key in a variable or in a file', () => {
    expect(googleChat.accountFromEnvironment({})).toBeUndefined();
    expect(
      googleChat.accountFromEnvironment({ GOOGLE_CHAT_API_URL: 'https://chat.example' }),
    ).toBeUndefined();
    expect(
      googleChat.accountFromEnvironment({
        GOOGLE_CHAT_SERVICE_ACCOUNT: '{}',
        GOOGLE_CHAT_API_URL: 'https://chat.example',
      }),
    ).toEqual({
      serviceAccount: { env: 'GOOGLE_CHAT_SERVICE_ACCOUNT' },
      apiUrl: 'https://chat.example',
    });
    expect(
      googleChat.accountFromEnvironment({ GOOGLE_CHAT_SERVICE_ACCOUNT_FILE: 'package.json' }),
    ).toEqual({ serviceAccount: { file: 'package.json' } });
  });

  it('declares what it can do', () => {
    expect(googleChat.capabilities(undefined)).toMatchObject({
      search: 'find' in adapter,
      edit: 'edit' in adapter,
      thread: true,
      ownIdempotency: adapter.ownIdempotency,
    });
  });
});
