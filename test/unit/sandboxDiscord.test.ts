/** The sandbox's Discord: as strict as Discord, alone and with the adapters. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DestinationAdapter } from '../../src/destinations/destination.js';
import { discord } from '../../src/destinations/discord/platform.js';
import { discordWebhook } from '../../src/destinations/discord-webhook/platform.js';
import type { Receipt } from '../../src/domain/delivery.js';
import { DISCORD_TOKEN, discordWebhookUrl } from '../../src/sandbox/discord/credentials.js';
import { SEEDED_CHANNEL } from '../../src/sandbox/discord/places.js';
import { readDiscordMarkdown } from '../../src/sandbox/discord/markdown.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { examplePost, rejection } from './destinations/contract.js';

const USER_AGENT = 'DiscordBot (https://example.com, 1)';
const MESSAGES = `channels/${SEEDED_CHANNEL}/messages`;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
});
afterEach(() => sandbox.close());

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { code?: number; id?: string; errors?: unknown };
}

async function call(
  method: string,
  resource: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${sandbox.url}/api/v10/${resource}`, {
    method,
    headers: {
      authorization: `Bot ${DISCORD_TOKEN}`,
      'user-agent': USER_AGENT,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
  };
}

const codeOf = ({ body, status }: Answer): string => `${status} ${body.code ?? ''}`;

describe('the sandbox’s Discord refuses', () => {
  it.each([
    ['', '401 0'],
    [DISCORD_TOKEN, '401 0'],
    [`Bearer ${DISCORD_TOKEN}`, '401 0'],
    ['Bot other', '401 0'],
  ])('the authorization "%s"', async (authorization, expected) => {
    expect(codeOf(await call('POST', MESSAGES, { content: 'no' }, { authorization }))).toBe(
      expected,
    );
  });

  it('clients that don’t say what they are, old versions, and unknown channels and webhooks', async () => {
    const headers = { 'user-agent': 'curl/8' };
    expect(codeOf(await call('POST', MESSAGES, { content: 'no' }, headers))).toBe('403 40333');
    expect(codeOf(await call('POST', `../v6/${MESSAGES}`, { content: 'no' }))).toBe('400 50041');
    expect(codeOf(await call('GET', 'channels/1187654321098765433/messages'))).toBe('404 10003');
    expect(codeOf(await call('GET', 'channels/general/messages'))).toBe('404 10003');
    expect(codeOf(await call('POST', 'webhooks/1187654321098765433/x', { content: 'a' }))).toBe(
      '401 50027',
    );
    const unknown = discordWebhookUrl('', '1187654321098765433').replace('/api/', '');
    expect(codeOf(await call('POST', unknown, { content: 'a' }))).toBe('404 10015');
    sandbox.addPlace({ platform: 'discord', path: '1187654321098765434', member: false });
    expect(codeOf(await call('GET', 'channels/1187654321098765434/messages'))).toBe('403 50001');
    sandbox.addPlace({ platform: 'discord', path: '1187654321098765435', archived: true });
    expect(
      codeOf(await call('POST', 'channels/1187654321098765435/messages', { content: 'a' })),
    ).toBe('400 50083');
  });

  it('a webhook’s post to a thread that is none, and posts to one that is', async () => {
    const thread = '1187654321098765499';
    const url = discordWebhookUrl('', SEEDED_CHANNEL).replace('/api/', '');
    const say = (id: string) => call('POST', `${url}?wait=true&thread_id=${id}`, { content: 'a' });
    expect(codeOf(await say('general'))).toBe('400 50035');
    expect(codeOf(await say(thread))).toBe('404 10003');
    sandbox.addPlace({ platform: 'discord', path: thread });
    const { body } = await say(thread);
    expect(body).toMatchObject({ channel_id: thread });
    const message = `${url}/messages/${body.id ?? ''}`;
    expect(codeOf(await call('PATCH', message, { content: 'b' }))).toBe('404 10008');
    const edited = await call('PATCH', `${message}?thread_id=${thread}`, { content: 'b' });
    expect(edited.body).toMatchObject({ content: 'b', webhook_id: SEEDED_CHANNEL });
    const another = discordWebhookUrl('', thread).replace('/api/', '');
    const taken = await call('PATCH', `${another}/messages/${body.id ?? ''}`, { content: 'c' });
    expect(codeOf(taken)).toBe('404 10008');
    expect(sandbox.posts()).toMatchObject([{ path: thread, text: 'b' }]);
    sandbox.addPlace({ platform: 'discord', path: thread, archived: true });
    expect(codeOf(await say(thread))).toBe('400 50083');
  });

  it.each([
    ['no JSON', 'words', '400 50109'],
    ['nothing to show', {}, '400 50006'],
    ['spaces only', { content: ' \n' }, '400 50006'],
    ['an embed that shows nothing', { embeds: [{ url: 'https://a.example' }] }, '400 50006'],
    ['a text that is none', { content: 7 }, '400 50035'],
    ['2,001 characters', { content: '🚨'.repeat(2_001) }, '400 50035'],
    ['4,097 characters in an embed', { embeds: [{ description: 'a'.repeat(4_097) }] }, '400 50035'],
    [
      '6,001 characters in all embeds',
      { embeds: [{ description: 'a'.repeat(4_000) }, { description: 'a'.repeat(2_001) }] },
      '400 50035',
    ],
    ['eleven embeds', { embeds: Array(11).fill({ description: 'a' }) }, '400 50035'],
    ['a colour that is none', { embeds: [{ description: 'a', color: 0x1000000 }] }, '400 50035'],
    [
      'an address of another scheme',
      { embeds: [{ description: 'a', url: 'ftp://a' }] },
      '400 50035',
    ],
    ['a nonce of 26 characters', { content: 'a', nonce: 'a'.repeat(26) }, '400 50035'],
    [
      'mentions that contradict each other',
      { content: 'a', allowed_mentions: { parse: ['users'], users: ['1100000000000000009'] } },
      '400 50035',
    ],
    [
      'an answer to nothing',
      { content: 'a', message_reference: { message_id: '1190000000000000001' } },
      '400 50035',
    ],
  ])('a message with %s', async (_what, body, expected) => {
    expect(codeOf(await call('POST', MESSAGES, body))).toBe(expected);
    expect(sandbox.posts()).toEqual([]);
  });

  it('another content type, and names the field that is wrong', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(codeOf(await call('POST', MESSAGES, 'content=a', form))).toBe('400 50035');
    const { body } = await call('POST', MESSAGES, { content: 'a'.repeat(2_001) });
    expect(body.errors).toMatchObject({
      content: { _errors: [{ message: 'Must be 2000 or fewer in length.' }] },
    });
  });

  it('more than five posts in five seconds, and says what is left', async () => {
    await sandbox.close();
    sandbox = await startSandbox();
    const answers: Answer[] = [];
    for (let count = 0; count < 6; count += 1) {
      answers.push(await call('POST', MESSAGES, { content: 'a' }));
    }
    const left = answers.map(({ headers }) => headers.get('x-ratelimit-remaining'));
    expect(left).toEqual(['4', '3', '2', '1', '0', '0']);
    const last = answers.at(-1);
    expect(last).toMatchObject({ status: 429, body: { global: false } });
    const seconds = Number(last?.body.retry_after);
    expect(seconds).toBeGreaterThan(0);
    expect(last?.headers.get('retry-after')).toBe(String(Math.ceil(seconds)));
  });
});

describe('the sandbox’s Discord', () => {
  it('makes one message of a nonce that is enforced, for some minutes', async () => {
    const message = { content: 'a', nonce: 'n1', enforce_nonce: true };
    const first = await call('POST', MESSAGES, message);
    const again = await call('POST', MESSAGES, { ...message, content: 'b' });
    expect(again.body).toMatchObject({ id: first.body.id, content: 'a', nonce: 'n1' });
    await call('POST', MESSAGES, { ...message, enforce_nonce: false });
    expect(sandbox.posts()).toHaveLength(2);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10 * 60_000 });
    try {
      await call('POST', MESSAGES, message);
    } finally {
      vi.useRealTimers();
    }
    expect(sandbox.posts()).toHaveLength(3);
    const { body } = await call('GET', MESSAGES);
    expect(JSON.stringify(body)).not.toContain('nonce');
  });

  it('pages backwards, and knows whose a message is', async () => {
    for (const content of ['1', '2', '3']) await call('POST', MESSAGES, { content });
    const page = async (query: string) =>
      (await call('GET', `${MESSAGES}?${query}`)).body as unknown as {
        id: string;
        content: string;
      }[];
    const newest = await page('limit=2');
    expect(newest.map(({ content }) => content)).toEqual(['3', '2']);
    const rest = await page(`limit=2&before=${newest.at(-1)?.id ?? ''}`);
    expect(rest.map(({ content }) => content)).toEqual(['1']);
    expect(codeOf(await call('GET', `${MESSAGES}?limit=101`))).toBe('400 50035');
    const webhook = discordWebhookUrl('', SEEDED_CHANNEL).replace('/api/', '');
    const silent = await call('POST', webhook, { content: 'by the webhook' });
    expect(silent.status).toBe(204);
    const { body } = await call('POST', `${webhook}?wait=true`, { content: 'by the webhook, too' });
    expect(codeOf(await call('PATCH', `${MESSAGES}/${String(body.id)}`, { content: 'x' }))).toBe(
      '403 50005',
    );
    expect(
      codeOf(await call('PATCH', `${webhook}/messages/${rest[0]?.id ?? ''}`, { content: 'x' })),
    ).toBe('404 10008');
  });

  it('notifies whom the content names and the message allows, escaped or not', async () => {
    const notified = async (message: object) => {
      const { body } = await call('POST', MESSAGES, message);
      const post = sandbox.posts().find(({ id }) => id === body.id);
      return (post?.content as unknown as { sent: { notified: string[] } }).sent.notified;
    };
    const content = '\\@everyone <@1100000000000000009> <@&1100000000000000010>';
    expect(await notified({ content })).toHaveLength(3);
    expect(await notified({ content, allowed_mentions: { parse: [] } })).toEqual([]);
    expect(
      await notified({ content, allowed_mentions: { users: ['1100000000000000009'] } }),
    ).toEqual(['1100000000000000009']);
    expect(await notified({ content: 'a', embeds: [{ description: content }] })).toEqual([]);
  });

  it('shows its posts on the page', async () => {
    await call('POST', MESSAGES, {
      content: '**bold** <b>',
      embeds: [{ description: '> quoted' }],
    });
    const page = await (await fetch(sandbox.url)).text();
    expect(page).toContain('<strong>bold</strong> &lt;b&gt;');
    expect(page).toContain('<span class="quote">quoted</span>');
  });

  it.each([
    [
      '***a*** **b** *c* _d_ ~~e~~ `f`',
      'a[bold,italic]  b[bold]  c[italic]  d[italic]  e[strike]  f[code]',
    ],
    ['__a__ ||b||', 'a[underline]  b[spoiler]'],
    ['snake_case_name \\*a\\*', 'snake_case_name *a*'],
    [
      '[a](https://b.example) <https://c.example>',
      'a(https://b.example)  https://c.example(https://c.example)',
    ],
    [
      '[https://a.example](https://b.example)',
      '[ https://a.example](https://b.example(https://a.example](https://b.example) )',
    ],
    ['@everyone <@1> <#2> <t:3:R> <:e:4>', '@everyone!  <@1>!  <#2>!  <t:3:R>!  <:e:4>!'],
    [':fire: a', ':fire:  a'],
    ['# a', 'a[bold]'],
    ['**a `b** c`', 'a `b[bold]  c`'],
  ])('reads %s as its clients do', (text, expected) => {
    const shown = readDiscordMarkdown(text)
      .flatMap(({ runs }) => runs)
      .map(({ mention, styles, text: words, url }) =>
        [
          words,
          styles.length > 0 && `[${[...styles].sort().join()}]`,
          url && `(${url})`,
          mention && '!',
        ]
          .filter(Boolean)
          .join(''),
      )
      .join(' ');
    expect(shown.replaceAll(/ {2,}/g, '  ')).toBe(expected);
  });
});

describe('the adapters against the sandbox’s Discord', () => {
  let bot: DestinationAdapter;
  let webhook: DestinationAdapter;
  const post = { ...examplePost(SEEDED_CHANNEL), content: { text: 'Disk **full**' } };
  const shown = () => sandbox.posts({ platform: 'discord' });

  beforeEach(() => {
    process.env.SANDBOX_DISCORD_TOKEN = DISCORD_TOKEN;
    process.env.SANDBOX_DISCORD_URL = discordWebhookUrl(sandbox.url, SEEDED_CHANNEL);
    bot = discord.createAdapter(
      discord.accountSchema.parse({
        token: { env: 'SANDBOX_DISCORD_TOKEN' },
        apiUrl: sandbox.url,
        requestTimeout: '500ms',
      }),
    );
    webhook = discordWebhook.createAdapter(
      discordWebhook.accountSchema.parse({ webhooks: { ops: { env: 'SANDBOX_DISCORD_URL' } } }),
    );
  });

  const find = (deliveryId = post.deliveryId): Promise<Receipt | undefined> =>
    bot.find?.({ path: SEEDED_CHANNEL, deliveryId, since: new Date() }) ??
    Promise.resolve(undefined);
  const edit = (receipt: Receipt, text = 'Resolved') =>
    bot.edit?.({ ...post, content: { text }, post: receipt }) ?? Promise.resolve(undefined);

  it('make one post of repeated requests, which is found, edited or not', async () => {
    const receipt = await bot.post(post);
    expect(await bot.post(post)).toEqual(receipt);
    expect(await find()).toEqual(receipt);
    expect(await edit(receipt)).toEqual(receipt);
    expect(await find()).toEqual(receipt);
    expect(await find('another.0')).toBeUndefined();
    expect(shown()).toHaveLength(1);
    expect(shown()[0]?.text).toContain('Resolved');
    expect(shown()[0]?.earlier?.[0]?.text).toContain('Disk');
  });

  it.each(['timeout', 'reset', 'http_error', 'garbage'] as const)(
    'find the post after a %s',
    async (kind) => {
      const fault = kind === 'http_error' ? { kind, status: 502 } : { kind };
      sandbox.addFault({ ...fault, when: 'after', platform: 'discord', times: 1 });
      expect((await rejection(bot.post(post))).outcome).toBe('ambiguous');
      expect(await find()).toMatchObject({ messageId: shown()[0]?.id });
      expect(await bot.post(post)).toMatchObject({ messageId: shown()[0]?.id });
    },
  );

  it('answer a post, and know that it is gone', async () => {
    const root = await bot.post(post);
    await bot.post({ ...post, deliveryId: 'answer.0', replyTo: root });
    expect(shown()[1]?.replyTo).toBe(root.messageId);
    sandbox.deletePost({ platform: 'discord', path: SEEDED_CHANNEL, id: root.messageId ?? '' });
    const late = bot.post({ ...post, deliveryId: 'answer.1', replyTo: root });
    expect(await rejection(late)).toMatchObject({ reason: 'post_not_found' });
    expect(await rejection(edit(root))).toMatchObject({ reason: 'post_not_found' });
  });

  it('know the platform’s errors and limits', async () => {
    for (const [code, status, reason] of [
      ['50013', 403, 'not_authorised'],
      ['50083', 400, 'destination_not_found'],
    ] as const) {
      sandbox.addFault({ kind: 'platform_error', platform: 'discord', status, code, times: 1 });
      expect(await rejection(bot.post(post))).toMatchObject({ reason, platformCode: code });
    }
    sandbox.addFault({ kind: 'rate_limited', platform: 'discord', times: 1, retryAfter: '0.01' });
    expect(await rejection(bot.post(post))).toMatchObject({ retryAfterMs: 10 });
    sandbox.addFault({ kind: 'revoked_token', platform: 'discord', times: 1 });
    await expect
      .poll(() => bot.post(post).catch((error: unknown) => error))
      .toMatchObject({
        reason: 'credentials_rejected',
      });
    expect(await bot.check()).toEqual({ identity: 'sendproof (1100000000000000001)' });
  });

  it('post and edit through a webhook', async () => {
    const receipt = await webhook.post({ ...post, path: 'ops' });
    const edited = webhook.edit?.({
      ...post,
      path: 'ops',
      content: { text: 'Resolved' },
      post: receipt,
    });
    expect(await edited).toEqual(receipt);
    expect(shown()).toMatchObject([
      { id: receipt.messageId, text: expect.stringContaining('Resolved') as string },
    ]);
  });

  it('wait for the window rather than be refused', async () => {
    await sandbox.close();
    sandbox = await startSandbox();
    const limited = discord.createAdapter(
      discord.accountSchema.parse({ token: { env: 'SANDBOX_DISCORD_TOKEN' }, apiUrl: sandbox.url }),
    );
    const outcomes = [];
    for (let count = 0; count < 8; count += 1) {
      const each = limited.post({ ...post, deliveryId: `${count}.0` });
      outcomes.push(
        await each.then(
          () => 'posted',
          (error: unknown) => (error as { reason: string }).reason,
        ),
      );
    }
    expect(outcomes.filter((each) => each === 'posted')).toHaveLength(5);
    expect(outcomes.slice(5)).toEqual(['rate_limited', 'rate_limited', 'rate_limited']);
    expect(sandbox.requests({ platform: 'discord' }).map(({ status }) => status)).not.toContain(
      429,
    );
  });
});
