/** The sandbox's Mattermost: as strict as a server, alone and with the adapters. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DestinationAdapter } from '../../src/destinations/destination.js';
import { mattermost } from '../../src/destinations/mattermost/platform.js';
import { mattermostWebhook } from '../../src/destinations/mattermost-webhook/platform.js';
import type { Receipt } from '../../src/domain/delivery.js';
import {
  MATTERMOST_TOKEN,
  mattermostWebhookUrl,
} from '../../src/sandbox/mattermost/credentials.js';
import { SEEDED_MATTERMOST_CHANNEL as CHANNEL } from '../../src/sandbox/mattermost/places.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { examplePost, rejection } from './destinations/contract.js';
import { stopClock } from '../stoppedClock.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
});
afterEach(() => sandbox.close());

interface Answer {
  status: number;
  body: Record<string, unknown> & { id?: string };
}

async function call(
  method: string,
  resource: string,
  body?: unknown,
  authorization = `Bearer ${MATTERMOST_TOKEN}`,
): Promise<Answer> {
  const answer = await fetch(`${sandbox.url}/api/v4/${resource}`, {
    method,
    headers: { authorization },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const idOf = ({ body, status }: Answer): string => `${status} ${body.id ?? ''}`;
const create = (more: object = {}) =>
  call('POST', 'posts', { channel_id: CHANNEL, message: 'a', ...more });

describe('the sandbox’s Mattermost refuses', () => {
  it.each(['', MATTERMOST_TOKEN, 'Bearer other', `Bot ${MATTERMOST_TOKEN}`])(
    'the authorization "%s"',
    async (authorization) => {
      expect(
        idOf(await call('POST', 'posts', { channel_id: CHANNEL, message: 'a' }, authorization)),
      ).toBe('401 api.context.session_expired.app_error');
    },
  );

  it.each([
    ['no channel', { channel_id: undefined }, '400 api.context.invalid_body_param.app_error'],
    [
      'a name for a channel',
      { channel_id: 'town-square' },
      '400 api.context.invalid_body_param.app_error',
    ],
    ['an unknown channel', { channel_id: 'x'.repeat(26) }, '403 api.context.permissions.app_error'],
    ['nothing to show', { message: '' }, '400 api.context.invalid_body_param.app_error'],
    [
      '16,384 characters',
      { message: '🚨'.repeat(16_384) },
      '400 model.post.is_valid.message_length.app_error',
    ],
    ['an unknown root', { root_id: 'x'.repeat(26) }, '400 api.post.create_post.root_id.app_error'],
    ['properties that are none', { props: 'a' }, '400 api.context.invalid_body_param.app_error'],
  ])('a post with %s', async (_what, more, expected) => {
    expect(idOf(await create(more))).toBe(expected);
    expect(sandbox.posts()).toEqual([]);
  });

  it('what is not there, or not its own, or archived', async () => {
    expect(idOf(await call('GET', 'teams'))).toBe('404 api.context.404.app_error');
    expect(idOf(await call('GET', `posts/${'x'.repeat(26)}`))).toBe('404 app.post.get.app_error');
    await fetch(mattermostWebhookUrl(sandbox.url, CHANNEL), {
      method: 'POST',
      body: '{"text":"a"}',
    });
    const [post] = sandbox.posts();
    expect(idOf(await call('PUT', `posts/${post?.id ?? ''}/patch`, { message: 'b' }))).toBe(
      '403 api.context.permissions.app_error',
    );
    expect(idOf(await call('PUT', `posts/${'x'.repeat(26)}/patch`, { message: 'b' }))).toBe(
      '403 api.context.permissions.app_error',
    );
    const own = await create({ pending_post_id: 'p1' });
    sandbox.addPlace({ platform: 'mattermost', path: CHANNEL, archived: true });
    // Also what it has posted already.
    expect(idOf(await create({ pending_post_id: 'p1' }))).toBe(
      '400 api.post.create_post.can_not_post_to_deleted.error',
    );
    expect(idOf(await call('PUT', `posts/${own.body.id ?? ''}/patch`, { message: 'b' }))).toBe(
      '400 api.post.patch_post.can_not_update_post_in_deleted.error',
    );
  });

  it('an answer to an answer, and one in another channel', async () => {
    const root = await create();
    const answer = await create({ root_id: root.body.id });
    expect(answer.body).toMatchObject({ root_id: root.body.id });
    expect(idOf(await create({ root_id: answer.body.id }))).toBe(
      '400 api.post.create_post.root_id.app_error',
    );
    const other = 'otherchannel00000000000001';
    sandbox.addPlace({ platform: 'mattermost', path: other });
    expect(idOf(await create({ channel_id: other, root_id: root.body.id }))).toBe(
      '400 api.post.create_post.channel_root_id.app_error',
    );
  });

  it('more than a hundred requests at once, in plain text', async () => {
    stopClock();
    await sandbox.close();
    sandbox = await startSandbox();
    const url = mattermostWebhookUrl(sandbox.url, CHANNEL);
    const statuses: number[] = [];
    let last: Response | undefined;
    while (statuses.length < 150 && last?.status !== 429) {
      last = await fetch(url, { method: 'POST', body: '{"text":"a"}' });
      statuses.push(last.status);
    }
    expect(last?.status).toBe(429);
    expect(last?.headers.get('x-ratelimit-reset')).toBe('1');
    expect(await last?.text()).toBe('limit exceeded');
  });
});

it('makes one post of a pending id, for half a minute', async () => {
  const first = await create({ pending_post_id: 'p1' });
  const again = await create({ pending_post_id: 'p1', message: 'b' });
  expect(again).toMatchObject({ status: 201, body: { id: first.body.id, message: 'a' } });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  try {
    await create({ pending_post_id: 'p1' });
  } finally {
    vi.useRealTimers();
  }
  expect(sandbox.posts()).toHaveLength(2);
});

it('takes what was written for Slack through a webhook, and answers ok', async () => {
  const url = mattermostWebhookUrl(sandbox.url, CHANNEL);
  const answer = await fetch(url, {
    method: 'POST',
    body: '{"text":"<!channel> <https://a.example|b>"}',
  });
  expect(await answer.text()).toBe('ok');
  expect(sandbox.posts()[0]?.text).toBe('@channel [b](https://a.example)');
  const page = await (await fetch(sandbox.url)).text();
  expect(page).toContain('<span class="mention">@channel</span>');
});

it('makes several posts of a text that came through a webhook and is too long for one', async () => {
  const body = JSON.stringify({ text: '🚨'.repeat(16_384) });
  await fetch(mattermostWebhookUrl(sandbox.url, CHANNEL), { method: 'POST', body });
  expect(sandbox.posts().map(({ text }) => Array.from(text).length)).toEqual([16_383, 1]);
});

describe('the adapters against the sandbox’s Mattermost', () => {
  let bot: DestinationAdapter;
  let webhook: DestinationAdapter;
  const post = { ...examplePost(CHANNEL), content: { text: 'Disk **full** @all' } };
  const shown = () => sandbox.posts({ platform: 'mattermost' });

  beforeEach(() => {
    process.env.SANDBOX_MATTERMOST_TOKEN = MATTERMOST_TOKEN;
    process.env.SANDBOX_MATTERMOST_URL = mattermostWebhookUrl(sandbox.url, CHANNEL);
    bot = mattermost.createAdapter(
      mattermost.accountSchema.parse({
        url: sandbox.url,
        token: { env: 'SANDBOX_MATTERMOST_TOKEN' },
        requestTimeout: '500ms',
        mentions: { users: true, here: true },
      }),
    );
    webhook = mattermostWebhook.createAdapter(
      mattermostWebhook.accountSchema.parse({
        webhooks: { ops: { env: 'SANDBOX_MATTERMOST_URL' } },
      }),
    );
  });

  const find = (deliveryId = post.deliveryId): Promise<Receipt | undefined> =>
    bot.find?.({ path: CHANNEL, deliveryId, since: new Date() }) ?? Promise.resolve(undefined);
  const edit = (receipt: Receipt) =>
    bot.edit?.({ ...post, content: { text: 'Resolved' }, post: receipt }) ??
    Promise.resolve(undefined);

  it('make one post of repeated requests, which is found, edited or not', async () => {
    const receipt = await bot.post(post);
    expect(await bot.post(post)).toEqual(receipt);
    expect(await find()).toEqual(receipt);
    expect(await edit(receipt)).toEqual(receipt);
    expect(await find()).toEqual(receipt);
    expect(await find('another.0')).toBeUndefined();
    expect(shown()).toHaveLength(1);
    expect(shown()[0]?.text).toContain('Resolved');
  });

  it.each(['timeout', 'reset', 'http_error', 'garbage'] as const)(
    'find the post after a %s',
    async (kind) => {
      const fault = kind === 'http_error' ? { kind, status: 502 } : { kind };
      sandbox.addFault({ ...fault, when: 'after', platform: 'mattermost', times: 1 });
      expect((await rejection(bot.post(post))).outcome).toBe('ambiguous');
      expect(await find()).toMatchObject({ messageId: shown()[0]?.id });
    },
  );

  it('answer in the thread, and know that its root is gone', async () => {
    const root = await bot.post(post);
    const answer = await bot.post({ ...post, deliveryId: 'answer.0', replyTo: root });
    expect(answer).toMatchObject({ thread: root.messageId });
    expect(await find('answer.0')).toEqual(answer);
    await bot.post({ ...post, deliveryId: 'answer.1', replyTo: answer });
    expect(shown().map(({ replyTo }) => replyTo)).toEqual([
      undefined,
      root.messageId,
      root.messageId,
    ]);
    const alone = await bot.post({ ...post, deliveryId: 'alone.0' });
    sandbox.deletePost({ platform: 'mattermost', path: CHANNEL, id: alone.messageId ?? '' });
    const late = bot.post({ ...post, deliveryId: 'late.0', replyTo: alone });
    expect(await rejection(late)).toMatchObject({ reason: 'post_not_found' });
    expect(await rejection(edit(alone))).toMatchObject({ reason: 'post_not_found' });
  });

  it('mention whom the message names, and nobody else', async () => {
    const mentions = {
      users: ['ana@example.com', 'benuser0000000000000000001'],
      here: true as const,
    };
    await bot.post({ ...post, content: { ...post.content, mentions } });
    const { sent } = shown()[0]?.content as unknown as { sent: { notified: string[] } };
    expect(sent.notified).toEqual(['ana', 'ben.smith', 'here']);
  });

  it('know the platform’s errors, and who they are', async () => {
    sandbox.addFault({
      kind: 'platform_error',
      platform: 'mattermost',
      operation: 'createPost',
      status: 400,
      code: 'model.post.is_valid.message_length.app_error',
      times: 1,
    });
    expect(await rejection(bot.post(post))).toMatchObject({ reason: 'content_rejected' });
    sandbox.addFault({ kind: 'revoked_token', platform: 'mattermost', times: 1 });
    expect(await rejection(bot.post(post))).toMatchObject({ reason: 'credentials_rejected' });
    expect(await bot.check()).toEqual({ identity: 'sendproof' });
  });

  it('post through a webhook', async () => {
    expect(await webhook.post({ ...post, path: 'ops' })).toEqual({});
    expect(shown()).toMatchObject([{ text: expect.stringContaining('Disk **full**') as string }]);
  });
});
