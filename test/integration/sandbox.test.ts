import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Client as GraphClient } from '@microsoft/microsoft-graph-client';
import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxAddresses } from '../../src/sandbox/addresses.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { stopClock } from '../stoppedClock.js';

const TEAM = '0a1b2c3d-0000-4000-8000-000000000001';
const CHANNEL = '19:incidents@thread.tacv2';
const MESSAGES = `/teams/${TEAM}/channels/${CHANNEL}/messages`;
const TEAMS_PATH = `${TEAM}/${CHANNEL}`;
const OPS = 'C0123ABC';
const JSON_TYPE = { 'content-type': 'application/json' };

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await sandbox.close();
});

function slackClient(token = sandbox.slackToken, timeoutMs = 5_000): WebClient {
  return new WebClient(token, {
    slackApiUrl: sandbox.slackApiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    logger: SILENT,
  });
}

const nothing = (): void => undefined;
const SILENT = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => 'error' as never,
};

/** The SDK keeps its own Authorization header from plain http, and would retry: so it is given a chain of one. */
function graphClient(token = sandbox.graphToken): GraphClient {
  return GraphClient.initWithMiddleware({
    baseUrl: sandbox.graphBaseUrl,
    middleware: {
      execute: async (context) => {
        const headers = context.options?.headers as Record<string, string>;
        context.response = await fetch(context.request, {
          ...(context.options as RequestInit),
          headers: {
            ...headers,
            'content-type': 'application/json',
            authorization: `Bearer ${token}`,
          },
        });
      },
    },
  });
}

interface GraphMessage {
  id: string;
  webUrl: string;
  body: { content: string };
}
interface GraphList {
  value: GraphMessage[];
  '@odata.nextLink'?: string;
}

/** The SDK takes a whole address only where it is https. */
const withinGraph = (link = ''): string => link.replace(`${sandbox.graphBaseUrl}/v1.0`, '');

const html = (content: string) => ({ body: { contentType: 'html', content } });

async function postToTeams(content: string): Promise<GraphMessage> {
  return (await graphClient().api(MESSAGES).post(html(content))) as GraphMessage;
}

function say(text: string, channel = OPS) {
  return slackClient().chat.postMessage({ channel, text });
}

/** An error of Slack's, as its SDK reports it. */
const slackError = (error: string) => ({ data: { ok: false, error } });

describe('Slack, by its real SDK', () => {
  it('shows a post, and lets it be found by its metadata', async () => {
    const metadata = { event_type: 'sendproof_delivery', event_payload: { delivery_id: 'd-1' } };
    const slack = slackClient();
    const { ts } = await slack.chat.postMessage({ channel: OPS, text: 'disk full', metadata });

    expect(sandbox.posts({ platform: 'slack', path: OPS })).toMatchObject([
      { id: ts, text: 'disk full', deliveryId: 'd-1' },
    ]);
    const found = await slack.conversations.history({ channel: OPS, include_all_metadata: true });
    expect(found.messages).toMatchObject([{ ts, metadata }]);
    const plain = await slack.conversations.history({ channel: OPS });
    expect(plain.messages?.[0]?.metadata).toBeUndefined();
  });

  it('gives each post a greater ts than the one before', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ limits: 'off' });
    await Promise.all(Array.from({ length: 30 }, (_, index) => say(`alert ${index}`)));
    const ids = sandbox.posts().map(({ id }) => id);
    expect(new Set(ids).size).toBe(30);
    expect(ids).toEqual([...ids].sort());
  });

  it('pages through the history, newest first, between the times that are asked for', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ limits: 'off' });
    for (const text of ['1', '2', '3', '4', '5']) await say(text);
    const [first, , , , last] = sandbox.posts();
    const slack = slackClient();

    const seen: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await slack.conversations.history({
        channel: OPS,
        limit: 2,
        ...(cursor !== undefined && { cursor }),
      });
      seen.push(...(page.messages ?? []).map(({ text }) => text));
      cursor = page.has_more === true ? page.response_metadata?.next_cursor : undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['5', '4', '3', '2', '1']);

    const between = { channel: OPS, oldest: String(first?.id), latest: String(last?.id) };
    const exclusive = await slack.conversations.history(between);
    expect(exclusive.messages?.map(({ text }) => text)).toEqual(['4', '3', '2']);
    const inclusive = await slack.conversations.history({ ...between, inclusive: true });
    expect(inclusive.messages).toHaveLength(5);
  });

  it('keeps replies out of the history and in their thread', async () => {
    const { ts } = await say('disk full');
    const slack = slackClient();
    await slack.chat.postMessage({ channel: OPS, text: 'on it', thread_ts: String(ts) });

    const history = await slack.conversations.history({ channel: OPS });
    expect(history.messages?.map(({ text }) => text)).toEqual(['disk full']);
    const thread = await slack.conversations.replies({ channel: OPS, ts: String(ts) });
    expect(thread.messages?.map(({ text }) => text)).toEqual(['disk full', 'on it']);
  });

  it('changes and deletes a post, and knows its permalink', async () => {
    const { ts = '' } = await say('disk full');
    const slack = slackClient();
    expect(await slack.chat.getPermalink({ channel: OPS, message_ts: ts })).toMatchObject({
      permalink: `https://sandbox.slack.example/archives/${OPS}/p${ts.replace('.', '')}`,
    });
    await slack.chat.update({ channel: OPS, ts, text: 'disk mended' });
    expect(sandbox.posts()).toMatchObject([{ id: ts, text: 'disk mended' }]);
    await slack.chat.delete({ channel: OPS, ts });
    expect(sandbox.posts()).toEqual([]);
    await expect(slack.chat.delete({ channel: OPS, ts })).rejects.toMatchObject(
      slackError('message_not_found'),
    );
  });

  it('knows its workspace and its channels', async () => {
    expect(await slackClient().auth.test()).toMatchObject({
      ok: true,
      url: 'https://sandbox.slack.example/',
      user: 'sendproof',
    });
    const { channel } = await slackClient().conversations.info({ channel: OPS });
    expect(channel).toMatchObject({ id: OPS, name: 'ops', is_member: true });
  });

  it('knows a channel by its name for a post only', async () => {
    const slack = slackClient();
    const { ts = '' } = await say('disk full', '#ops');
    const unknown = slackError('channel_not_found');
    const channel = '#ops';
    await expect(slack.conversations.history({ channel })).rejects.toMatchObject(unknown);
    await expect(slack.conversations.replies({ channel, ts })).rejects.toMatchObject(unknown);
    await expect(slack.conversations.info({ channel })).rejects.toMatchObject(unknown);
    await expect(slack.chat.getPermalink({ channel, message_ts: ts })).rejects.toMatchObject(
      unknown,
    );
  });

  it('refuses a wrong token and a missing scope', async () => {
    await expect(slackClient('another').auth.test()).rejects.toMatchObject(
      slackError('invalid_auth'),
    );
    const nobody = await fetch(`${sandbox.slackApiUrl}auth.test`, { method: 'POST' });
    expect(await nobody.json()).toMatchObject({ ok: false, error: 'not_authed' });

    sandbox.grantSlackScopes(['chat:write']);
    await say('still allowed');
    await expect(slackClient().conversations.history({ channel: OPS })).rejects.toMatchObject(
      slackError('missing_scope'),
    );
  });

  it('refuses channels where the app can’t post', async () => {
    sandbox.addPlace({ platform: 'slack', path: 'C0OUTSIDE', member: false });
    sandbox.addPlace({ platform: 'slack', path: 'C0ARCHIVE', archived: true });
    await expect(say('x', 'C0NOWHERE')).rejects.toMatchObject(slackError('channel_not_found'));
    await expect(say('x', 'C0OUTSIDE')).rejects.toMatchObject(slackError('not_in_channel'));
    await expect(say('x', 'C0ARCHIVE')).rejects.toMatchObject(slackError('is_archived'));
  });

  const section = (length: number) => ({
    type: 'section' as const,
    text: { type: 'mrkdwn' as const, text: 'x'.repeat(length) },
  });
  const header = (length: number) => ({
    type: 'header' as const,
    text: { type: 'plain_text' as const, text: 'x'.repeat(length) },
  });
  it.each([
    ['no_text', { text: ' ' }],
    ['invalid_blocks', { text: 'x', blocks: [section(3_001)] }],
    ['invalid_blocks', { text: 'x', blocks: [header(151)] }],
    ['invalid_blocks', { text: 'x', blocks: Array.from({ length: 51 }, () => section(1)) }],
    ['msg_blocks_too_long', { text: 'x', blocks: Array.from({ length: 5 }, () => section(3_000)) }],
    [
      'metadata_too_large',
      { text: 'x', metadata: { event_type: 'e', event_payload: { x: 'x'.repeat(9_000) } } },
    ],
  ])('answers %s to content that it doesn’t show', async (error, content) => {
    await expect(
      slackClient().chat.postMessage({ channel: OPS, ...content }),
    ).rejects.toMatchObject(slackError(error));
    expect(sandbox.posts()).toEqual([]);
  });

  it('shows content that is exactly as large as it may be', async () => {
    const blocks = [header(150), section(3_000)];
    await slackClient().chat.postMessage({ channel: OPS, text: 'x', blocks });
    expect(sandbox.posts()).toHaveLength(1);
  });

  it('cuts text above 40,000 characters, with a warning', async () => {
    const answer = await say('x'.repeat(40_001));
    expect(answer.response_metadata?.warnings).toContain('message_truncated');
    expect(
      sandbox
        .posts()
        .map(({ text }) => text)
        .join(''),
    ).toHaveLength(40_000);
  });

  it.each([
    ['4,000 characters', 'x'.repeat(4_000), [4_000]],
    ['12,319 characters', 'x'.repeat(12_319), [4_000, 4_000, 4_000, 319]],
    ['characters beyond the basic plane', '😀'.repeat(4_001), [8_000, 2]],
  ])('splits text of %s as Slack does', async (_what, text, lengths) => {
    const { ts } = await say(text);
    const posts = sandbox.posts();
    expect(posts.map((post) => post.text.length)).toEqual(lengths);
    expect(posts[0]?.id).toBe(ts);
  });

  it('cuts fences and links where it splits text, and never text that has blocks', async () => {
    await say(`\`\`\`\n${'x'.repeat(4_000)}\n\`\`\``);
    expect(sandbox.posts().map(({ text }) => text.endsWith('```'))).toEqual([false, true]);
    const blocks = [section(3_000)];
    await slackClient().chat.postMessage({ channel: OPS, text: 'x'.repeat(5_000), blocks });
    expect(sandbox.posts()).toHaveLength(3);
  });

  it('takes two posts at once to a channel, and answers 429 to the third', async () => {
    stopClock();
    await say('1');
    await say('2');
    await expect(say('3')).rejects.toMatchObject({ retryAfter: 1 });
    await say('elsewhere', 'C0DEV0001');
    expect(sandbox.requests().map(({ status }) => status)).toEqual([200, 200, 429, 200]);
  });
});

describe('Graph, by its real SDK', () => {
  it('shows a post and names its address', async () => {
    const { id, webUrl } = await postToTeams('<p>disk <b>full</b> &amp; hot</p>');
    expect(webUrl).toContain(id);
    expect(sandbox.posts({ platform: 'teams', path: TEAMS_PATH })).toMatchObject([
      { id, text: 'disk full & hot' },
    ]);
  });

  it('cleans HTML as Teams does, and keeps the marker', async () => {
    const { body } = await postToTeams(
      '<div itemprop="sendproof:a&amp;b" data-x="1" id="i"><!-- c --><script>x()</script><p onclick="x()">full</p></div>',
    );
    expect(body.content).toBe('<div itemprop="sendproof:a&amp;b"><p>full</p></div>');
    expect(sandbox.posts()[0]?.deliveryId).toBe('a&b');
  });

  it('pages through messages newest first, at most 50 at once, without replies', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ limits: 'off' });
    const first = await postToTeams('1');
    await postToTeams('2');
    await postToTeams('3');
    const graph = graphClient();
    await graph.api(`${MESSAGES}/${first.id}/replies`).post(html('a reply'));

    const page = (await graph.api(MESSAGES).top(2).get()) as GraphList;
    const rest = (await graph.api(withinGraph(page['@odata.nextLink'])).get()) as GraphList;
    const contents = [...page.value, ...rest.value].map(({ body }) => body.content);
    expect(contents).toEqual(['3', '2', '1']);
    expect(rest['@odata.nextLink']).toBeUndefined();

    const replies = (await graph.api(`${MESSAGES}/${first.id}/replies`).get()) as GraphList;
    expect(replies.value).toMatchObject([{ body: { content: 'a reply' }, replyToId: first.id }]);
    await expect(graph.api(MESSAGES).top(51).get()).rejects.toMatchObject({ statusCode: 400 });
  });

  it('filters by time only where Graph does', async () => {
    const graph = graphClient();
    const chat = '/chats/19:oncall@thread.v2/messages';
    const { id } = (await graph.api(chat).post(html('wake up'))) as GraphMessage;
    const before = new Date(Number(id) - 1).toISOString();
    const after = new Date(Number(id) + 1).toISOString();
    const since = async (resource: string, time: string): Promise<GraphList> =>
      (await graph
        .api(resource)
        .query({ $filter: `lastModifiedDateTime gt ${time}` })
        .get()) as GraphList;

    expect((await since(chat, before)).value).toHaveLength(1);
    expect((await since(chat, after)).value).toHaveLength(0);
    expect((await since(`${MESSAGES}/delta`, before)).value).toHaveLength(0);
    await expect(since(MESSAGES, before)).rejects.toMatchObject({ code: 'BadRequest' });
    expect(sandbox.posts({ path: 'chats/19:oncall@thread.v2' })).toHaveLength(1);
  });

  it('changes a message in its place', async () => {
    const { id } = await postToTeams('disk full');
    await graphClient().api(`${MESSAGES}/${id}`).patch(html('disk mended'));
    expect(sandbox.posts()).toMatchObject([{ id, text: 'disk mended' }]);
    expect(await graphClient().api(`${MESSAGES}/${id}`).get()).toMatchObject({
      body: { content: 'disk mended' },
    });
  });

  it('knows the user and the channel', async () => {
    expect(await graphClient().api('/me').get()).toMatchObject({ displayName: 'sendproof' });
    expect(await graphClient().api(`/teams/${TEAM}/channels/${CHANNEL}`).get()).toMatchObject({
      id: CHANNEL,
      displayName: 'Incidents',
    });
  });

  it('refuses as Graph does', async () => {
    await expect(graphClient('another').api('/me').get()).rejects.toMatchObject({
      statusCode: 401,
      code: 'InvalidAuthenticationToken',
    });
    const elsewhere = `/teams/${TEAM}/channels/19:nowhere@thread.tacv2/messages`;
    await expect(graphClient().api(elsewhere).post(html('x'))).rejects.toMatchObject({
      statusCode: 404,
      code: 'NotFound',
    });
    await expect(postToTeams('x'.repeat(29 * 1024))).rejects.toMatchObject({
      statusCode: 413,
      code: 'RequestEntityTooLarge',
    });
    sandbox.grantGraphPermissions(['ChannelMessage.Send']);
    await postToTeams('still allowed');
    await expect(graphClient().api(MESSAGES).get()).rejects.toMatchObject({
      statusCode: 403,
      code: 'Forbidden',
    });
  });

  it('takes four requests at once to a channel, and answers 429 to the fifth', async () => {
    stopClock();
    for (const text of ['1', '2', '3', '4']) await postToTeams(text);
    await expect(postToTeams('5')).rejects.toMatchObject({
      statusCode: 429,
      code: 'TooManyRequests',
    });
  });
});

describe('Microsoft’s sign-in', () => {
  async function askForToken(fields: Record<string, string>): Promise<Record<string, string>> {
    const answer = await fetch(`${sandbox.url}/some-tenant/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'an-app', ...fields }),
    });
    return (await answer.json()) as Record<string, string>;
  }

  it('gives a Graph token for a refresh token', async () => {
    const granted = await askForToken({
      grant_type: 'refresh_token',
      refresh_token: sandbox.graphRefreshToken,
    });
    expect(await graphClient(granted.access_token).api('/me').get()).toMatchObject({
      displayName: 'sendproof',
    });
    const refused = await askForToken({ grant_type: 'refresh_token', refresh_token: 'another' });
    expect(refused.error).toBe('invalid_grant');
  });

  it('lets a device code be entered between two questions', async () => {
    const started = await fetch(`${sandbox.url}/some-tenant/oauth2/v2.0/devicecode`, {
      method: 'POST',
    });
    const { device_code: code = '' } = (await started.json()) as Record<string, string>;
    const ask = () => askForToken({ grant_type: 'device_code', device_code: code });
    expect(await ask()).toMatchObject({ error: 'authorization_pending' });
    expect(await ask()).toMatchObject({ token_type: 'Bearer' });
  });
});

describe('a Workflows webhook', () => {
  const card = (text: string) => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: { type: 'AdaptiveCard', version: '1.4', body: [{ type: 'TextBlock', text }] },
      },
    ],
  });
  const send = (url: string, body: unknown) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('shows a card, and says nothing but 202', async () => {
    const answer = await send(sandbox.webhookUrl('incidents'), card('disk full'));
    expect([answer.status, await answer.text()]).toEqual([202, '']);
    expect(sandbox.posts()).toMatchObject([
      { platform: 'teams-webhook', path: 'incidents', text: 'disk full' },
    ]);
  });

  it('refuses a wrong signature, an unknown name, what is no card, and what is too large', async () => {
    const url = sandbox.webhookUrl('incidents');
    const statuses = await Promise.all([
      send(url.replace(/sig=.*/, 'sig=another'), card('x')),
      send(sandbox.webhookUrl('nowhere'), card('x')),
      send(url, { text: 'x' }),
      send(url, card('x'.repeat(29 * 1024))),
    ]).then((answers) => answers.map(({ status }) => status));
    expect(statuses).toEqual([401, 404, 400, 413]);
    expect(sandbox.posts()).toEqual([]);
  });
});

describe('faults', () => {
  const onSlack = {
    platform: 'slack',
    path: OPS,
    operation: 'chat.postMessage',
    times: 1,
  } as const;

  it.each(['2', '2.128', 'Wed, 21 Oct 2026 07:28:00 GMT', undefined])(
    'answers 429 with Retry-After %s',
    async (retryAfter) => {
      sandbox.addFault({ kind: 'rate_limited', ...onSlack, retryAfter });
      const answer = await fetch(`${sandbox.slackApiUrl}chat.postMessage?channel=${OPS}`);
      expect(answer.status).toBe(429);
      expect(answer.headers.get('retry-after')).toBe(retryAfter ?? null);
    },
  );

  it('fails before posting, then after it, then no more', async () => {
    sandbox.addFault({ kind: 'http_error', status: 503, when: 'before', ...onSlack });
    sandbox.addFault({ kind: 'http_error', status: 502, when: 'after', ...onSlack });
    await expect(say('1')).rejects.toMatchObject({ statusCode: 503 });
    await expect(say('2')).rejects.toMatchObject({ statusCode: 502 });
    await say('3');
    expect(sandbox.posts().map(({ text }) => text)).toEqual(['2', '3']);
    expect(sandbox.requests().map(({ status, fault }) => [status, fault])).toEqual([
      [503, 'http_error'],
      [502, 'http_error'],
      [200, undefined],
    ]);
    expect(sandbox.faults()).toEqual([]);
  });

  it('never answers, though it posted', async () => {
    sandbox.addFault({ kind: 'timeout', when: 'after', ...onSlack });
    await expect(
      slackClient(sandbox.slackToken, 200).chat.postMessage({ channel: OPS, text: 'x' }),
    ).rejects.toThrow();
    expect(sandbox.posts()).toHaveLength(1);
    expect(sandbox.requests()[0]).not.toHaveProperty('status');
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('breaks the connection %s posting', async (when, posts) => {
    sandbox.addFault({ kind: 'reset', when, ...onSlack });
    await expect(say('x')).rejects.toThrow();
    expect(sandbox.posts()).toHaveLength(posts);
  });

  it('answers with Slack’s and Graph’s own errors', async () => {
    sandbox.addFault({ kind: 'slack_error', error: 'internal_error', when: 'after', ...onSlack });
    await expect(say('x')).rejects.toMatchObject(slackError('internal_error'));
    sandbox.addFault({ kind: 'revoked_token', platform: 'slack', times: 1 });
    await expect(say('x')).rejects.toMatchObject(slackError('token_revoked'));

    const onTeams = { platform: 'teams', path: TEAMS_PATH, times: 1 } as const;
    sandbox.addFault({ kind: 'graph_error', status: 412, code: 'Conflict', ...onTeams });
    await expect(postToTeams('x')).rejects.toMatchObject({ statusCode: 412, code: 'Conflict' });
    sandbox.addFault({ kind: 'revoked_token', ...onTeams });
    await expect(postToTeams('x')).rejects.toMatchObject({ statusCode: 401 });
    expect(sandbox.posts()).toHaveLength(1);
  });

  it.each(['html', 'cut_json'] as const)('answers 200 with %s that is no answer', async (form) => {
    sandbox.addFault({ kind: 'garbage', form, ...onSlack });
    await expect(say('x')).rejects.toThrow();
  });

  it('is slow', async () => {
    sandbox.addFault({ kind: 'slow', delayMs: 150, ...onSlack });
    const startedAt = performance.now();
    await say('x');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(149);
  });

  it('withholds the answer of what is posted until it is released', async () => {
    const id = sandbox.addFault({ kind: 'hold', platform: 'slack' });
    let answered = false;
    const posting = say('x').then(() => (answered = true));
    await sandbox.waitForPosts(1, { platform: 'slack' }, 20_000);
    expect(answered).toBe(false);
    expect(sandbox.removeFault(id)).toBe(true);
    await posting;
  });

  it('lets calls pass before those that it hits', async () => {
    sandbox.addFault({ kind: 'rate_limited', ...onSlack, operation: 'chat.postMessage', skip: 1 });
    await say('1');
    await slackClient().conversations.history({ channel: OPS });
    await expect(say('2')).rejects.toThrow();
    await say('3');
    expect(sandbox.posts().map(({ text }) => text)).toEqual(['1', '3']);
  });

  it('hits every n-th of the calls that it would meet', async () => {
    const slack = slackClient();
    const operation = 'conversations.history';
    sandbox.addFault({ kind: 'rate_limited', platform: 'slack', operation, skip: 1, every: 3 });
    const hit: number[] = [];
    for (let number = 1; number <= 8; number += 1) {
      await slack.auth.test();
      await slack.conversations.history({ channel: OPS }).catch(() => hit.push(number));
    }
    expect(hit).toEqual([4, 7]);
  });

  it('hits neither look-ups nor other channels with what strikes after posting', async () => {
    sandbox.addFault({
      kind: 'http_error',
      status: 503,
      when: 'after',
      platform: 'slack',
      path: OPS,
    });
    await slackClient().conversations.history({ channel: OPS });
    await say('x', 'C0DEV0001');
    await expect(say('x')).rejects.toMatchObject({ statusCode: 503 });
  });
});

describe('the control interface', () => {
  const control = (path: string, method = 'GET', body?: unknown) =>
    fetch(`${sandbox.url}/control/${path}`, {
      method,
      ...(body !== undefined && { headers: JSON_TYPE, body: JSON.stringify(body) }),
    });

  it('sets, shows and clears faults', async () => {
    const fault = { kind: 'http_error', platform: 'slack', status: 503 };
    const set = await control('faults', 'POST', fault);
    const { id } = (await set.json()) as { id: string };
    expect(await (await control('faults')).json()).toMatchObject([{ id, fault, applied: 0 }]);
    await control(`faults/${id}`, 'DELETE');
    expect(sandbox.faults()).toEqual([]);
    expect((await control(`faults/${id}`, 'DELETE')).status).toBe(404);
  });

  it('creates channels, takes scopes away, and resets', async () => {
    await control('channels', 'POST', { platform: 'slack', path: 'C0MADE001' });
    await say('x', 'C0MADE001');
    await control('grants', 'PUT', { slackScopes: [] });
    await expect(say('x', 'C0MADE001')).rejects.toMatchObject(slackError('missing_scope'));
    const posts = await control('posts?platform=slack&path=C0MADE001');
    expect(await posts.json()).toHaveLength(1);

    await control('reset', 'POST');
    expect([sandbox.posts(), sandbox.requests()]).toEqual([[], []]);
    await say('x');
    await expect(say('x', 'C0MADE001')).rejects.toMatchObject(slackError('channel_not_found'));
  });

  it.each([
    ['faults', { kind: 'http_error', platform: 'slack', status: 99 }, 'status'],
    ['faults', { kind: 'boom', platform: 'slack' }, 'kind'],
    ['channels', { platform: 'slack', path: 'general' }, 'path'],
    ['faults', 'nonsense', 'JSON'],
  ])('says what is wrong with an order to /control/%s', async (path, body, named) => {
    const answer = await control(path, 'POST', body);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toContain(named);
  });

  it('takes no orders from other sites’ pages', async () => {
    const answer = await fetch(`${sandbox.url}/control/reset`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.status).toBe(403);
  });
});

describe('the page', () => {
  it('shows what was posted, escaped, and the faults that are set', async () => {
    await say('<script>alert(1)</script> *full* <javascript:alert(1)|here>');
    await postToTeams('<p>hot</p><script>alert(1)</script>');
    sandbox.addFault({ kind: 'reset', platform: 'teams' });
    const answer = await fetch(sandbox.url);
    const page = await answer.text();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).toContain('# ops');
    expect(page).toContain('<strong>full</strong>');
    expect(page).toContain('<p>hot</p>');
    expect(page).toContain('Faults that are set');
    expect(page).not.toMatch(/<script>|href="javascript/);
  });

  it('is told of changes', async () => {
    const stop = new AbortController();
    const changes = await fetch(`${sandbox.url}/page/changes`, { signal: stop.signal });
    const reader = (changes.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const next = reader.read();
    await say('x');
    expect(new TextDecoder().decode((await next).value)).toContain('data: changed');
    stop.abort();
  });
});

describe('waiting for posts', () => {
  it('tells what there was when there were not enough', async () => {
    await expect(sandbox.waitForPosts(1, { platform: 'slack', path: OPS }, 20)).rejects.toThrow(
      `After 20 ms the sandbox shows 0 posts slack ${OPS}, not 1.`,
    );
  });
});

describe('posts in a file', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sandbox-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it('are there again after a sudden end, changes included, and a line cut short is not', async () => {
    const file = join(directory, 'posts.jsonl');
    const first = sandbox;
    sandbox = await startSandbox({ file });
    const killed = sandbox;
    const { ts = '' } = await say('disk full');
    await postToTeams('hot');
    await slackClient().chat.update({ channel: OPS, ts, text: 'disk mended' });
    const gone = await say('never mind');
    await slackClient().chat.delete({ channel: OPS, ts: String(gone.ts) });
    const before = sandbox.posts();
    await appendFile(file, '{"event":"posted","post":{"platfo');

    // The first is never told to stop: what it has not written down by now is lost.
    sandbox = await startSandbox({ file });
    expect(sandbox.posts()).toEqual(before);
    await say('and more', 'C0DEV0001');
    await sandbox.close();
    sandbox = await startSandbox({ file });
    expect(sandbox.posts().map(({ text }) => text)).toEqual(['disk mended', 'hot', 'and more']);
    await Promise.all([first.close(), killed.close()]);
  });

  it('are refused from a file that is no journal', async () => {
    const file = join(directory, 'other.txt');
    await appendFile(file, 'shopping list\n');
    await expect(startSandbox({ file })).rejects.toThrow(`Line 1 of ${file}`);
  });
});

describe('open destinations', () => {
  it('exist as soon as they are used, where they are well-formed', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ openDestinations: true });
    await say('x', 'C0BENCH042');
    await graphClient().api('/teams/a-team/channels/a-channel/messages').post(html('x'));
    await expect(say('x', 'nowhere')).rejects.toMatchObject(slackError('channel_not_found'));
    expect(sandbox.posts().map(({ path }) => path)).toEqual(['C0BENCH042', 'a-team/a-channel']);
  });
});

describe('requests that are no proper ones', () => {
  const slackHeaders = () => ({ authorization: `Bearer ${sandbox.slackToken}` });
  const graphHeaders = () => ({ authorization: `Bearer ${sandbox.graphToken}` });

  it.each([
    ['api/no.such.method', slackHeaders, '', 200],
    ['api/chat.postMessage', slackHeaders, 'channel=C0123ABC&text=x&blocks=[null]', 200],
    ['api/chat.postMessage', slackHeaders, 'channel=C0123ABC&text=x&blocks=[', 200],
    ['v1.0/no/such/thing', graphHeaders, '', 400],
    [`v1.0${MESSAGES}`, graphHeaders, 'null', 400],
    [`v1.0${MESSAGES}`, graphHeaders, '{', 400],
    ['v1.0/chats/%zz/messages', graphHeaders, '{}', 404],
    ['workflows/%zz?sig=sandbox-signature', () => ({}), '{}', 404],
    ['workflows/incidents?sig=sandbox-signature', () => ({}), '[]', 400],
  ])('are refused as the platform does: %s', async (path, headers, body, status) => {
    const answer = await fetch(`${sandbox.url}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers() },
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty('error');
    expect(sandbox.posts()).toEqual([]);
  });

  it('leave the page whole where they were taken', async () => {
    const odd = [{ type: 'actions', elements: [{ type: 'button' }, { type: 'button', text: 1 }] }];
    await slackClient().chat.postMessage({ channel: OPS, text: 'x', blocks: odd });
    expect((await fetch(sandbox.url)).status).toBe(200);
  });
});

it('runs by itself as a command, whose first line tells other programs where it is', async () => {
  const command = [resolve('dist/src/cli/main.js'), 'sandbox', '--port', '0', '--json'];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { graph, slack, url } = JSON.parse(line) as SandboxAddresses;

  const client = new WebClient(slack.token, { slackApiUrl: slack.apiUrl, logger: SILENT });
  await client.chat.postMessage({ channel: OPS, text: 'from another project' });
  const me = await fetch(`${graph.baseUrl}/v1.0/me`, {
    headers: { authorization: `Bearer ${graph.token}` },
  });
  expect(me.status).toBe(200);
  const posts = await fetch(`${url}/control/posts`);
  expect(await posts.json()).toMatchObject([{ text: 'from another project' }]);

  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
});
