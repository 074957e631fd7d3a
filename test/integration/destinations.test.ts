/** The adapters, with the platforms' real SDKs, against the sandbox. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter, Post } from '../../src/destinations/destination.js';
import { messagePage } from '../../src/domain/messagePage.js';
import type { Receipt } from '../../src/domain/delivery.js';
import { slack } from '../../src/destinations/slack/platform.js';
import { teamsWebhook } from '../../src/destinations/teams-webhook/platform.js';
import { teams } from '../../src/destinations/teams/platform.js';
import { startSandbox, type FaultInput } from '../../src/sandbox/sandbox.js';
import { rejection } from '../unit/destinations/contract.js';
import type { Sandbox } from '../../src/sandbox/interface.js';

const REQUEST_TIMEOUT = '400ms';

const CHANNELS = [
  { platform: 'slack', path: 'C0123ABC', postOperation: 'chat.postMessage' },
  {
    platform: 'teams',
    path: '0a1b2c3d-0000-4000-8000-000000000001/19:incidents@thread.tacv2',
    postOperation: 'postChannelMessage',
  },
  { platform: 'teams', path: 'chats/19:oncall@thread.v2', postOperation: 'postChatMessage' },
  { platform: 'teams-webhook', path: 'incidents', postOperation: 'postCard' },
] as const;
const SEARCHABLE = CHANNELS.filter(({ platform }) => platform !== 'teams-webhook');

let sandbox: Sandbox;
let adapters: Record<(typeof CHANNELS)[number]['platform'], DestinationAdapter>;

beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  process.env.SANDBOX_SLACK_TOKEN = sandbox.slackToken;
  process.env.SANDBOX_GRAPH_TOKEN = sandbox.graphToken;
  process.env.SANDBOX_WEBHOOK_URL = sandbox.webhookUrl('incidents');
  adapters = {
    slack: slack.createAdapter(
      slack.accountSchema.parse({
        token: { env: 'SANDBOX_SLACK_TOKEN' },
        apiUrl: sandbox.slackApiUrl,
        requestTimeout: REQUEST_TIMEOUT,
      }),
    ),
    teams: teams.createAdapter(
      teams.accountSchema.parse({
        accessToken: { env: 'SANDBOX_GRAPH_TOKEN' },
        graphUrl: sandbox.graphBaseUrl,
        requestTimeout: REQUEST_TIMEOUT,
      }),
    ),
    'teams-webhook': teamsWebhook.createAdapter(
      teamsWebhook.accountSchema.parse({
        webhooks: { incidents: { env: 'SANDBOX_WEBHOOK_URL' } },
        requestTimeout: REQUEST_TIMEOUT,
      }),
    ),
  };
});
afterEach(() => sandbox.close());

function postTo(path: string, text = 'The **disk** is full: <https://example.com/55>'): Post {
  return {
    deliveryId: '0b9c1f6e-0000-7000-8000-000000000001.1',
    path,
    content: { text, title: 'Disk full', severity: 'critical' },
    correlation: { source: 'pagerduty', reference: '55', url: 'https://example.com/55' },
    page: messagePage('pagerduty-55', 'https://sendproof.example'),
    inParts: 'as configured',
    traceId: '0af7651916cd43dd8448eb211c80319c',
  };
}

function lookFor(platform: keyof typeof adapters, { path, deliveryId }: Post) {
  const { [platform]: adapter } = adapters;
  return adapter.find?.({ path, deliveryId, since: new Date() }) ?? Promise.resolve(undefined);
}

describe.each(CHANNELS)('$platform $path', ({ platform, path, postOperation }) => {
  it('shows one post, by one request, with the delivery’s id where readers don’t see it', async () => {
    const post = postTo(path);
    const receipt = await adapters[platform].post(post);
    const [shown, ...more] = sandbox.posts({ platform, path });
    expect(more).toEqual([]);
    expect(shown?.deliveryId).toBe(post.deliveryId);
    expect(shown?.text).toContain('disk');
    expect(shown?.text).not.toContain(post.deliveryId);
    expect(sandbox.requests({ operation: postOperation })).toHaveLength(1);
    if (platform !== 'teams-webhook') expect(receipt.messageId).toBe(shown?.id);
  });

  it.each([
    ['**b**\n\n- a\n  - b\n\n> q\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---'],
    ['<script>alert("x")</script> & <!channel> <@U0123ABC> <at id="0">all</at>'],
    ['unbalanced **bold `code [link]( ~~'],
    ['שלום 👩🏽‍🚒 \u202Eright to left'],
    ['words '.repeat(1_500)],
  ])('is taken as the platform takes it: %j', async (text) => {
    await adapters[platform].post(postTo(path, text));
    expect(sandbox.posts({ platform, path })).toHaveLength(1);
  });

  it.each<[string, FaultInput, string]>([
    ['429', { kind: 'rate_limited', platform, retryAfter: '2.5' }, 'transient rate_limited 2500'],
    ['429, bare', { kind: 'rate_limited', platform }, 'transient rate_limited undefined'],
    [
      '503',
      { kind: 'http_error', platform, status: 503, retryAfter: '7' },
      'ambiguous platform_unavailable 7000',
    ],
    ['403', { kind: 'http_error', platform, status: 403 }, 'permanent not_authorised undefined'],
    ['no answer', { kind: 'timeout', platform }, 'ambiguous timeout undefined'],
    ['a reset', { kind: 'reset', platform }, 'ambiguous connection_failed undefined'],
    ['a page', { kind: 'garbage', platform }, 'ambiguous unexpected_answer undefined'],
    [
      'a revoked token',
      { kind: 'revoked_token', platform },
      'permanent credentials_rejected undefined',
    ],
  ])('classifies %s', async (_what, fault, expected) => {
    sandbox.addFault(fault);
    const error = await rejection(adapters[platform].post(postTo(path)));
    expect(`${error.outcome} ${error.reason} ${error.retryAfterMs}`).toBe(expected);
    expect(sandbox.requests({ operation: postOperation })).toHaveLength(1);
    expect(sandbox.posts()).toEqual([]);
  });
});

it('posts as plain text what Slack refuses as blocks', async () => {
  const refusal = { kind: 'slack_error', platform: 'slack', error: 'invalid_blocks' } as const;
  sandbox.addFault({ ...refusal, operation: 'chat.postMessage', times: 1 });
  const post = postTo('C0123ABC', 'words of **the** message');
  const receipt = await adapters.slack.post(post);
  expect(receipt.plainText).toContain('invalid_blocks');
  const posts = sandbox.posts();
  expect(posts).toMatchObject([{ id: receipt.messageId, deliveryId: post.deliveryId }]);
  expect(posts[0]?.text).toContain('words of *the* message');
  expect(posts[0]?.content).not.toHaveProperty('blocks');
});

it('finds the error in the success of a Teams webhook', async () => {
  sandbox.addFault({
    kind: 'answer',
    platform: 'teams-webhook',
    body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x',
    retryAfter: '3',
  });
  const error = await rejection(adapters['teams-webhook'].post(postTo('incidents')));
  expect(error).toMatchObject({ reason: 'rate_limited', httpStatus: 200, retryAfterMs: 3_000 });
  expect(sandbox.posts()).toEqual([]);
});

describe.each(SEARCHABLE)('looking for a post in $platform $path', ({ platform, path }) => {
  it.each<FaultInput>([
    { kind: 'timeout', platform, when: 'after' },
    { kind: 'reset', platform, when: 'after' },
    { kind: 'http_error', platform, status: 502, when: 'after' },
    { kind: 'garbage', platform, form: 'cut_json', when: 'after' },
  ])('adopts the one that an attempt left behind: $kind', async (fault) => {
    const post = postTo(path);
    sandbox.addFault({ ...fault, times: 1 });
    expect((await rejection(adapters[platform].post(post))).outcome).toBe('ambiguous');
    const [shown] = sandbox.posts({ platform, path });
    const receipt = await lookFor(platform, post);
    expect(receipt?.messageId).toBe(shown?.id);
    if (!path.startsWith('chats/')) expect(receipt?.url).toContain('https://');
  });

  it('finds the same receipt that posting gave', async () => {
    const post = postTo(path);
    const receipt = await adapters[platform].post(post);
    expect(await lookFor(platform, post)).toEqual(receipt);
  });

  it('finds it behind several pages of later posts, and no other', async () => {
    const post = postTo(path);
    await adapters[platform].post(post);
    for (let count = 0; count < 210; count += 1) {
      await adapters[platform].post({ ...post, deliveryId: `${post.deliveryId}${count}` });
    }
    const [first] = sandbox.posts({ platform, path });
    expect((await lookFor(platform, post))?.messageId).toBe(first?.id);
  });

  it('is sure that it is absent where nothing was posted', async () => {
    sandbox.addFault({ kind: 'timeout', platform, times: 1 });
    await rejection(adapters[platform].post(postTo(path)));
    expect(await lookFor(platform, postTo(path))).toBeUndefined();
  });

  it('is refused where the account may only post', async () => {
    sandbox.grantSlackScopes(['chat:write']);
    sandbox.grantGraphPermissions(['ChannelMessage.Send', 'ChatMessage.Send']);
    const post = postTo(path);
    await adapters[platform].post(post);
    expect(await rejection(lookFor(platform, post))).toMatchObject({
      outcome: 'permanent',
      reason: 'not_authorised',
    });
  });
});

it('gives Slack’s permalink and Graph’s webUrl', async () => {
  const [inSlack, inTeams] = CHANNELS;
  const slackReceipt = await adapters.slack.post(postTo(inSlack.path));
  expect(slackReceipt.url).toMatch(/^https:\/\/.+\/archives\/C0123ABC\/p\d{16}$/);
  const teamsReceipt = await adapters.teams.post(postTo(inTeams.path));
  expect(teamsReceipt.url).toContain(teamsReceipt.messageId);
});

it('shows a long text whole on Slack, in a thread, and finds each of its parts', async () => {
  const words = Array.from({ length: 6_000 }, (_, index) => `word${index}`);
  const post = postTo('C0123ABC', words.join(' '));
  const { parts } = adapters.slack.layout(post);
  expect(parts).toBeGreaterThan(3);
  let first: Receipt | undefined;
  for (let number = 1; number <= parts; number += 1) {
    const part = { number, of: parts, first };
    const receipt = await adapters.slack.post({ ...post, part });
    const query = { path: post.path, deliveryId: post.deliveryId, since: new Date(), part };
    expect(await adapters.slack.find?.(query)).toEqual(receipt);
    if (number < parts) {
      const next = { number: number + 1, of: parts, first: first ?? receipt };
      expect(await adapters.slack.find?.({ ...query, part: next })).toBeUndefined();
    }
    first ??= receipt;
  }
  const posts = sandbox.posts({ platform: 'slack', path: 'C0123ABC' });
  expect(posts.map(({ replyTo }) => replyTo)).toEqual([
    undefined,
    ...posts.slice(1).map(() => first?.messageId),
  ]);
  const shown = JSON.stringify(
    posts.map(({ content }) => content.kind === 'slack' && content.blocks),
  );
  expect(shown.match(/word\d+/g)).toEqual(words);
});

it.each(['teams', 'teams-webhook'] as const)(
  'shows the beginning of a long text on %s',
  async (platform) => {
    const { path } = CHANNELS.find((each) => each.platform === platform) ?? { path: '' };
    const post = postTo(path, 'word '.repeat(20_000));
    const { shortened } = adapters[platform].layout(post);
    await adapters[platform].post(post);
    expect(sandbox.posts({ platform })[0]?.text).toContain(
      `… shortened: ${shortened?.shown.toLocaleString('en')} of 100,000 characters are shown. Show the whole text`,
    );
  },
);

it('tells whose credentials each account has', async () => {
  expect((await adapters.slack.check()).identity).toContain('sendproof in ');
  expect((await adapters.teams.check()).identity).toContain('sendproof@sandbox.example');
  sandbox.addFault({ kind: 'revoked_token', platform: 'slack' });
  expect((await rejection(adapters.slack.check())).reason).toBe('credentials_rejected');
});
