import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter, Edit } from '../../../src/destinations/destination.js';
import { discord } from '../../../src/destinations/discord/platform.js';
import { discordFailure } from '../../../src/destinations/discord/failures.js';
import { markOf, nonceOf } from '../../../src/destinations/discord/postMark.js';
import { describeDestinationContract, examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer } from './scriptedServer.js';

const CHANNEL = '1187654321098765432';
const ID = '1190000000000000001';
const POSTED = JSON.stringify({ id: ID, channel_id: CHANNEL, content: '' });
const RECEIPT = { messageId: ID, channel: CHANNEL };

function accountAt(url: string, requestTimeoutMs = 5_000, more: object = {}) {
  process.env.DISCORD_CONTRACT_TOKEN = SECRET;
  return discord.accountSchema.parse({
    token: { env: 'DISCORD_CONTRACT_TOKEN' },
    apiUrl: url,
    requestTimeout: `${requestTimeoutMs}ms`,
    ...more,
  });
}

function createAdapter(url: string, requestTimeoutMs = 5_000, more: object = {}) {
  return discord.createAdapter(accountAt(url, requestTimeoutMs, more));
}

const success = { status: 200, body: POSTED, receipt: RECEIPT };
const GONE = { 404: 'permanent destination_not_found', 410: 'permanent destination_not_found' };
const NO_POST = { 404: 'permanent post_not_found', 410: 'permanent post_not_found' };

describeDestinationContract({
  name: 'Discord',
  createAdapter,
  path: CHANNEL,
  posts: ({ method }) => method === 'POST',
  success,
  successStatuses: [],
  statuses: GONE,
  capabilities: discord.capabilities(undefined),
  edit: {
    isOne: ({ method }) => method === 'PATCH',
    success,
    successStatuses: [],
    statuses: NO_POST,
  },
  reply: {
    isOne: ({ body, method }) => method === 'POST' && body.includes(ID),
    success,
    successStatuses: [],
    statuses: GONE,
  },
});

const error = (code: number, errors?: object) =>
  JSON.stringify({ code, message: 'words of Discord', errors });

describe('Discord adapter', () => {
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
    server.script = answering(200, POSTED);
  });
  afterEach(() => server.stop());

  it('posts a heading and an embed with a nonce, and lets Discord notify nobody', async () => {
    await adapter.post(post);
    const [request] = server.requests;
    expect(request?.path).toBe(`/api/v10/channels/${CHANNEL}/messages`);
    expect(request?.headers.authorization).toBe(`Bot ${SECRET}`);
    expect(request?.headers['user-agent']).toMatch(/^DiscordBot \(https:\/\/\S+, [\d.]+\)$/);
    const nonce = nonceOf(post);
    expect(nonce).toHaveLength(24);
    expect(bodyOf()).toEqual({
      content: '**\u200B🚨 Critical: Disk full**',
      embeds: [
        {
          url: markOf(nonce),
          description: post.content.text,
          color: 0xc62828,
          author: { name: 'pagerduty · 55' },
        },
      ],
      allowed_mentions: { parse: [], users: [], roles: [], replied_user: false },
      nonce,
      enforce_nonce: true,
    });
  });

  it('sends every attempt at a post alike, and no other post', async () => {
    const others = [
      { ...post, deliveryId: 'another.0' },
      { ...post, part: { number: 2, of: 2, first: RECEIPT } },
    ];
    for (const each of [post, post, ...others]) await adapter.post(each);
    const nonces = server.requests.map((_, index) => bodyOf(index).nonce);
    expect(server.requests[1]?.body).toBe(server.requests[0]?.body);
    expect(new Set(nonces).size).toBe(3);
  });

  it('answers a post by a reference to it, and edits it without one', async () => {
    await adapter.post({ ...post, replyTo: RECEIPT });
    await adapter.edit?.(edit);
    expect(bodyOf(0).message_reference).toEqual({ message_id: ID, fail_if_not_exists: true });
    expect(server.requests[1]).toMatchObject({
      method: 'PATCH',
      path: `/api/v10/channels/${CHANNEL}/messages/${ID}`,
    });
    expect(Object.keys(bodyOf(1)).sort()).toEqual(['allowed_mentions', 'content', 'embeds']);
  });

  it.each([{}, { messageId: '../../users/@me' }, { messageId: '1763971200.000100' }])(
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
    [404, error(10003), 'permanent destination_not_found', '10003'],
    [404, error(10008), 'permanent post_not_found', '10008'],
    [403, error(50001), 'permanent not_authorised', '50001'],
    [403, error(50013), 'permanent not_authorised', '50013'],
    [401, error(40001), 'permanent credentials_rejected', '40001'],
    [401, '{"message":"401: Unauthorized","code":0}', 'permanent credentials_rejected', undefined],
    [401, error(50014), 'permanent credentials_rejected', '50014'],
    [400, error(50006), 'permanent content_rejected', '50006'],
    [400, error(50035), 'permanent content_rejected', '50035'],
    [400, error(50008), 'permanent destination_not_found', '50008'],
    [400, error(40058), 'permanent destination_not_found', '40058'],
    [400, error(50083), 'permanent destination_not_found', '50083'],
    [400, error(200000), 'permanent content_rejected', '200000'],
    [403, error(240000), 'permanent content_rejected', '240000'],
    [403, error(160002), 'permanent not_authorised', '160002'],
    [429, error(20028), 'transient rate_limited', '20028'],
    [429, error(20016), 'transient rate_limited', '20016'],
    [400, error(999999), 'permanent request_rejected', '999999'],
    [503, error(130000), 'ambiguous platform_unavailable', undefined],
    [500, error(10003), 'ambiguous platform_unavailable', undefined],
    [200, '{"message":"401: Unauthorized","code":0}', 'permanent credentials_rejected', undefined],
    [200, '{"id":7}', 'ambiguous unexpected_answer', undefined],
    [200, '{"id":"7","channel_id":"8"}', 'ambiguous unexpected_answer', undefined],
    [200, `{"id":"${ID}"}`, 'ambiguous unexpected_answer', undefined],
    [204, '', 'ambiguous unexpected_answer', undefined],
    [400, '{"code":"__proto__","errors":[]}', 'permanent request_rejected', undefined],
    [400, '{"code":1e999}', 'permanent request_rejected', undefined],
  ])('finds a post that is answered %i %s: %s', async (status, body, expected, platformCode) => {
    server.script = answering(status, body, { 'retry-after': '7' });
    const failure = await rejection(adapter.post(post));
    expect(`${failure.outcome} ${failure.reason}`).toBe(expected);
    expect(failure).toMatchObject({ httpStatus: status, platformCode, retryAfterMs: 7_000 });
    expect(failure.message).not.toContain('words of Discord');
  });

  it.each([
    [404, error(10008), 'permanent post_not_found'],
    [404, error(10003), 'permanent destination_not_found'],
    [403, error(50005), 'permanent edit_refused'],
    [400, error(30046), 'permanent edit_refused'],
    [400, error(50083), 'permanent edit_refused'],
    [403, error(50001), 'permanent not_authorised'],
    [429, '{"retry_after":1.5}', 'transient rate_limited'],
    [503, '', 'ambiguous platform_unavailable'],
  ])('finds an edit that is answered %i %s: %s', async (status, body, expected) => {
    server.script = answering(status, body);
    const failure = await rejection(adapter.edit?.(edit) ?? Promise.resolve());
    expect(`${failure.outcome} ${failure.reason}`).toBe(expected);
    expect(failure.separateLimit).toBe(true);
  });

  it('knows that the post to be answered is gone, and names the fields of other refusals', async () => {
    const gone = { _errors: [{ code: 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE', message: 'Unknown' }] };
    server.script = answering(400, error(50035, { message_reference: gone }));
    expect(await rejection(adapter.post({ ...post, replyTo: RECEIPT }))).toMatchObject({
      reason: 'post_not_found',
    });
    const tooLong = { _errors: [{ code: 'X', message: 'secret words' }] };
    server.script = answering(400, error(50035, { embeds: { 0: { description: tooLong } } }));
    const failure = await rejection(adapter.post(post));
    expect(failure.message).toBe('Discord answered HTTP 400 50035 (embeds.0.description).');
  });

  it('names the fields of any refusal, and nothing else of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 100, max: 599 }), (errors, status) => {
        const body = JSON.stringify({ code: 50035, errors });
        const answer = { status, headers: {}, body, retryAfterMs: undefined };
        const failure = discordFailure(answer, 'post', 'bot');
        expect(failure?.message.length).toBeLessThan(2_500);
        if (status < 400 || status >= 500) expect(failure?.outcome).not.toBe('permanent');
      }),
      { numRuns: 200 },
    );
  });

  describe('rate limits', () => {
    it('waits as the body says, which is more exact than the header', async () => {
      const body = '{"message":"You are being rate limited.","retry_after":0.321,"global":false}';
      server.script = answering(429, body, { 'retry-after': '1' });
      const failure = await rejection(adapter.post(post));
      expect(failure).toMatchObject({ reason: 'rate_limited', retryAfterMs: 321 });
      expect(failure.separateLimit).toBe(false);
    });

    it('makes no request that would be refused, of this channel alone', async () => {
      const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '30.25' };
      server.script = answering(200, POSTED, headers);
      await adapter.post(post);
      const failure = await rejection(adapter.post(post));
      expect(failure).toMatchObject({ outcome: 'transient', reason: 'rate_limited' });
      expect(failure.retryAfterMs).toBeGreaterThan(15_000);
      expect(failure.retryAfterMs).toBeLessThanOrEqual(30_250);
      expect(server.requests).toHaveLength(1);
      server.script = answering(200, POSTED);
      await adapter.edit?.(edit);
      await adapter.post({ ...post, path: '1187654321098765433' });
      expect(server.requests).toHaveLength(3);
    });

    it('posts again when the window has ended', async () => {
      const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '0.01' };
      server.script = answering(200, POSTED, headers);
      await adapter.post(post);
      await expect.poll(() => adapter.post(post).catch(() => undefined)).toEqual(RECEIPT);
    });

    it.each(['soon', '-1', '', '1e9', 'Infinity'])(
      'ignores the window "%s"',
      async (resetAfter) => {
        const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': resetAfter };
        server.script = answering(200, POSTED, headers);
        await adapter.post(post);
        expect(await adapter.post(post)).toEqual(RECEIPT);
      },
    );

    it('stops all requests at the limit of the bot', async () => {
      const body = '{"retry_after":60,"global":true}';
      server.script = answering(429, body, { 'x-ratelimit-global': 'true' });
      await rejection(adapter.post(post));
      for (const other of ['1187654321098765433', CHANNEL]) {
        expect(await rejection(adapter.post({ ...post, path: other }))).toMatchObject({
          reason: 'rate_limited',
        });
      }
      expect(server.requests).toHaveLength(1);
    });

    it('knows a ban by Cloudflare, which has no JSON', async () => {
      server.script = answering(429, 'error code: 1015', {
        'content-type': 'text/plain',
        'retry-after': '120',
      });
      const failure = await rejection(adapter.post(post));
      expect(failure).toMatchObject({
        outcome: 'transient',
        reason: 'rate_limited',
        platformCode: '1015',
        retryAfterMs: 120_000,
      });
      expect(failure.message).toContain('Cloudflare');
    });
  });

  describe('mentions', () => {
    const mentions = {
      users: ['1100000000000000009'],
      groups: ['1100000000000000010'],
      here: true as const,
    };

    it('are refused unless the account allows them', async () => {
      const content = { text: 'a', mentions };
      const failure = await rejection(adapter.post({ ...post, content }));
      expect(failure).toMatchObject({ outcome: 'permanent', reason: 'content_rejected' });
      expect(failure.message).toContain('content.mentions.users.0');
      expect(server.requests).toHaveLength(0);
    });

    it('are the first line, and all that Discord notifies', async () => {
      const allowed = { mentions: { users: true, groups: true, here: true } };
      const content = { text: 'a @everyone', title: 'T @here <@1>', mentions };
      await createAdapter(server.url, 5_000, allowed).post({ ...post, content });
      expect(bodyOf()).toMatchObject({
        content:
          '<@1100000000000000009> <@&1100000000000000010> @here\n**T @\u200Bhere \\<@\u200B1>\u200B**',
        allowed_mentions: {
          parse: ['everyone'],
          users: ['1100000000000000009'],
          roles: ['1100000000000000010'],
        },
      });
      expect(JSON.stringify(bodyOf().embeds)).toContain('a @\u200Beveryone');
    });

    it('of other platforms’ ids, and by e-mail address, are none of Discord', () => {
      for (const name of ['U0123ABC', 'ana@example.com', '123']) {
        expect(discord.canMention?.('users', name, CHANNEL)).toBe(false);
      }
    });
  });

  describe('the search', () => {
    const query = { path: CHANNEL, deliveryId: post.deliveryId, since: new Date() };
    const find = () => adapter.find?.(query) ?? Promise.reject(new Error('no find'));
    const idNow = (offsetMs = 0) =>
      String(((BigInt(Date.now() + offsetMs) - 1_420_070_400_000n) << 22n) + 1n);

    it('finds the post by the address of its embed, and by a nonce where it is shown', async () => {
      const mark = markOf(nonceOf(post));
      for (const shown of [{ embeds: [{ url: mark }] }, { nonce: nonceOf(post) }]) {
        const other = { id: idNow(), embeds: [{ url: null }, {}] };
        server.script = answering(200, JSON.stringify([other, { id: ID, ...shown }]));
        expect(await find()).toEqual(RECEIPT);
      }
    });

    it('reads on from the last message of a full page, and no further than the first attempt', async () => {
      const page = (offsetMs: number) =>
        JSON.stringify(Array.from({ length: 100 }, () => ({ id: idNow(offsetMs) })));
      server.script = (socket, request) =>
        answering(200, page(request.path.includes('before') ? -120_000 : 0))(socket, request);
      expect(await find()).toBeUndefined();
      expect(
        server.requests.map(({ path }) => path.split('?')[1]?.replace(/\d{15,}/, 'id')),
      ).toEqual(['limit=100', 'limit=100&before=id']);
    });

    it('takes an empty history for none only where the channel has no message', async () => {
      const channel = (lastId: string | null) => {
        server.script = (socket, request) =>
          answering(
            200,
            request.path.includes('messages')
              ? '[]'
              : JSON.stringify({ id: CHANNEL, last_message_id: lastId }),
          )(socket, request);
      };
      channel(null);
      expect(await find()).toBeUndefined();
      channel(idNow(-3_600_000));
      expect(await find()).toBeUndefined();
      channel(idNow());
      const failure = await rejection(find());
      expect(failure).toMatchObject({ outcome: 'permanent', reason: 'not_authorised' });
      expect(failure.message).toContain('Read Message History');
    });

    it.each(['{}', 'null', '<html>', '[{"id":7}]', '[null]'])(
      'takes %s for no history',
      async (body) => {
        server.script = answering(200, body);
        expect((await rejection(find())).outcome).toBe('transient');
      },
    );
  });

  it('names the bot in its check, and says where the token is refused', async () => {
    server.script = answering(200, '{"id":"1100000000000000001","username":"alarms"}');
    expect(await adapter.check()).toEqual({ identity: 'alarms (1100000000000000001)' });
    expect(server.requests[0]?.path).toBe('/api/v10/users/@me');
    server.script = answering(401, '{"message":"401: Unauthorized","code":0}');
    expect(await rejection(adapter.check())).toMatchObject({
      outcome: 'permanent',
      reason: 'credentials_rejected',
    });
  });

  it.each(['', '/', '/api', '/api/', '/api/v10', '/proxy', '/proxy/api/v10/'])(
    'takes an address that ends in "%s"',
    async (end) => {
      await createAdapter(server.url + end).post(post);
      const before = end.startsWith('/proxy') ? '/proxy' : '';
      expect(server.requests[0]?.path).toBe(`${before}/api/v10/channels/${CHANNEL}/messages`);
    },
  );

  it.each([
    '',
    'general',
    '#general',
    '123',
    '0123456789012345678',
    'x'.repeat(65),
    '1'.repeat(21),
  ])('refuses the path "%s", with the remedy', async (path) => {
    expect(discord.checkPath(path, accountAt(server.url))).toContain('write ');
    expect(await rejection(adapter.post({ ...post, path }))).toMatchObject({
      reason: 'destination_not_found',
    });
    expect(server.requests).toHaveLength(0);
  });

  it('says which part of a link or a mention is the id', () => {
    for (const path of [
      `https://discord.com/channels/1100000000000000002/${CHANNEL}`,
      `https://discord.com/channels/1100000000000000002/${CHANNEL}/${ID}`,
      `<#${CHANNEL}>`,
    ]) {
      expect(discord.checkPath(path, accountAt(server.url))).toContain(`write ${CHANNEL} alone`);
    }
  });

  it('has the account of the environment', () => {
    expect(discord.accountFromEnvironment({})).toBeUndefined();
    expect(
      discord.accountFromEnvironment({ DISCORD_API_URL: 'https://d.example' }),
    ).toBeUndefined();
    expect(
      discord.accountFromEnvironment({
        DISCORD_BOT_TOKEN: 'token',
        DISCORD_API_URL: 'https://d.example',
      }),
    ).toEqual({ token: { env: 'DISCORD_BOT_TOKEN' }, apiUrl: 'https://d.example' });
  });
});
