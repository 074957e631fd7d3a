/** Edits and answers on Slack and Teams, against the sandbox. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Receipt } from '../../../src/domain/delivery.js';
import type { DestinationAdapter, Edit, PostQuery } from '../../../src/destinations/destination.js';
import { slack } from '../../../src/destinations/slack/platform.js';
import { teams } from '../../../src/destinations/teams/platform.js';
import { startSandbox, type SandboxPost } from '../../../src/sandbox/sandbox.js';
import type { Sandbox } from '../../../src/sandbox/interface.js';
import { examplePost, rejection } from './contract.js';

const SLACK = { platform: 'slack', path: 'C0123ABC' } as const;
const TEAMS = {
  platform: 'teams',
  path: '0a1b2c3d-0000-4000-8000-000000000001/19:incidents@thread.tacv2',
} as const;
const CHAT = { platform: 'teams', path: 'chats/19:oncall@thread.v2' } as const;
type Place = typeof SLACK | typeof TEAMS | typeof CHAT;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
});
afterEach(() => sandbox.close());

function adapterFor({ platform }: Place): DestinationAdapter {
  process.env.FOLLOW_UPS_TOKEN = platform === 'slack' ? sandbox.slackToken : sandbox.graphToken;
  const token = { env: 'FOLLOW_UPS_TOKEN' };
  return platform === 'slack'
    ? slack.createAdapter(slack.accountSchema.parse({ token, apiUrl: sandbox.slackApiUrl }))
    : teams.createAdapter(
        teams.accountSchema.parse({ accessToken: token, graphUrl: sandbox.graphBaseUrl }),
      );
}

const messageAt = ({ path }: Place, deliveryId: string, text: string) => {
  const post = examplePost(path);
  return { ...post, deliveryId, content: { text } };
};

const editOf = (place: Place, post: Receipt, text: string): Edit => ({
  ...messageAt(place, 'root.0', text),
  post,
});

const queryFor = ({ path }: Place, deliveryId: string, replyTo?: Receipt): PostQuery => ({
  path,
  deliveryId,
  since: new Date(Date.now() - 60_000),
  replyTo,
});

const shownAt = ({ platform, path }: Place): SandboxPost[] => sandbox.posts({ platform, path });
const addressOf = ({ platform, path }: Place, { messageId = '' }: Receipt) => ({
  platform,
  path,
  id: messageId,
});

describe.each<[string, Place]>([
  ['a Slack channel', SLACK],
  ['a Teams channel', TEAMS],
  ['a Teams chat', CHAT],
])('in %s', (_name, place) => {
  let adapter: DestinationAdapter;
  let root: Receipt;
  const edit = (text: string, post = root) =>
    adapter.edit?.(editOf(place, post, text)) ?? Promise.reject(new Error('no edit'));
  const find = (deliveryId: string, replyTo?: Receipt) =>
    adapter.find?.(queryFor(place, deliveryId, replyTo)) ?? Promise.reject(new Error('no find'));

  beforeEach(async () => {
    adapter = adapterFor(place);
    root = await adapter.post(messageAt(place, 'root.0', 'Disk full'));
  });

  it('an edit replaces the content of the post, and its delivery is still found', async () => {
    expect(await edit('**Resolved**: disk full')).toEqual(root);
    expect(await find('root.0')).toEqual(root);
    const [post, ...others] = shownAt(place);
    expect(others).toEqual([]);
    expect(post).toMatchObject({ deliveryId: 'root.0', editedAt: expect.any(Number) as number });
    expect(post?.text).toContain('Resolved');
    expect(post?.text).not.toContain('Disk full');
    expect(post?.earlier).toMatchObject([{ text: expect.stringContaining('Disk full') as string }]);
  });

  it('an edit may be repeated, and may follow another edit', async () => {
    for (const text of ['Acknowledged', 'Resolved', 'Resolved']) await edit(text);
    const [post] = shownAt(place);
    expect(post?.text).toContain('Resolved');
    expect(post?.earlier?.map(({ text }) => text.includes('Acknowledged'))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('an edit whose answer is lost has been made all the same', async () => {
    const operation = place === SLACK ? 'chat.update' : undefined;
    sandbox.addFault({
      kind: 'reset',
      when: 'after',
      platform: place.platform,
      operation: operation ?? (place === CHAT ? 'updateChatMessage' : 'updateChannelMessage'),
      times: 1,
    });
    expect(await rejection(edit('Resolved'))).toMatchObject({ outcome: 'ambiguous' });
    expect(shownAt(place)[0]?.text).toContain('Resolved');
    expect(await edit('Resolved')).toEqual(root);
  });

  it('any text can follow any other, shortened where it is too long', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => /[a-z]/i.test(text)),
        fc.constantFrom(1, 4_000),
        async (words, times) => {
          const text = Array.from(`${words} `.repeat(times)).slice(0, 12_000).join('');
          const content = { text };
          const { path } = place;
          const receipt = await adapter.edit?.({
            ...examplePost(path),
            deliveryId: 'root.0',
            content,
            post: root,
          });
          expect(receipt).toMatchObject(root);
          expect(receipt?.plainText).toBeUndefined();
          expect(receipt?.shortened).toEqual(
            adapter.layout({ ...examplePost(path), content, inParts: 'never' }).shortened,
          );
        },
      ),
      { numRuns: 8 },
    );
    expect(await find('root.0')).toEqual(root);
  });

  it('the edit of a post that a person has deleted says so', async () => {
    sandbox.deletePost(addressOf(place, root));
    expect(await rejection(edit('Resolved'))).toMatchObject({
      outcome: 'permanent',
      reason: 'post_not_found',
    });
  });

  it('the edit of somebody else’s post is refused, and so is a late one', async () => {
    const { id } = sandbox.postAsPerson({ ...place, text: 'Me, too' });
    expect(await rejection(edit('Resolved', { ...root, messageId: id }))).toMatchObject({
      outcome: 'permanent',
      reason: 'edit_refused',
    });
    sandbox.setSlackEditWindow(-1);
    sandbox.allowTeamsEditing(false);
    expect(await rejection(edit('Resolved'))).toMatchObject({ reason: 'edit_refused' });
    expect(shownAt(place)[0]?.text).toContain('Disk full');
  });

  it('a post whose receipt has no id can’t be edited', async () => {
    expect(await rejection(edit('Resolved', {}))).toMatchObject({ reason: 'post_not_found' });
  });
});

describe.each<[string, typeof SLACK | typeof TEAMS]>([
  ['a Slack channel', SLACK],
  ['a Teams channel', TEAMS],
])('an answer in %s', (_name, place) => {
  let adapter: DestinationAdapter;
  let root: Receipt;
  const answer = (deliveryId: string, replyTo = root) =>
    adapter.post({ ...messageAt(place, deliveryId, 'Resolved'), replyTo });

  beforeEach(async () => {
    adapter = adapterFor(place);
    root = await adapter.post(messageAt(place, 'root.0', 'Disk full'));
  });

  it('is in the thread of its root, and is found there and nowhere else', async () => {
    const receipt = await answer('answer.0');
    expect(receipt.standsAlone).toBeUndefined();
    expect(shownAt(place)).toMatchObject([
      { id: root.messageId },
      { id: receipt.messageId, replyTo: root.messageId },
    ]);
    const found = (id: string, replyTo?: Receipt) => adapter.find?.(queryFor(place, id, replyTo));
    expect(await found('answer.0', root)).toMatchObject({ messageId: receipt.messageId });
    expect(await found('answer.1', root)).toBeUndefined();
    expect(await found('answer.0')).toBeUndefined();
  });

  it('to a deleted post either says so or stands alone, and can then be edited and answered', async () => {
    sandbox.deletePost(addressOf(place, root));
    if (place === TEAMS) {
      expect(await rejection(answer('answer.0'))).toMatchObject({
        outcome: 'permanent',
        reason: 'post_not_found',
      });
      expect(await adapter.find?.(queryFor(place, 'answer.0', root))).toBeUndefined();
      return;
    }
    const receipt = await answer('answer.0');
    expect(receipt.standsAlone).toBe(true);
    await answer('answer.1', receipt);
    expect(await adapter.find?.(queryFor(place, 'answer.0', root))).toEqual(receipt);
    await adapter.edit?.(editOf(place, receipt, 'Resolved again'));
    expect(shownAt(place).map(({ text }) => text)).toEqual(['Resolved again', 'Resolved']);
  });

  it('whose answer is lost is found in the thread', async () => {
    sandbox.addFault({ kind: 'timeout', when: 'after', platform: place.platform, times: 1 });
    process.env.FOLLOW_UPS_TOKEN = place === SLACK ? sandbox.slackToken : sandbox.graphToken;
    const token = { env: 'FOLLOW_UPS_TOKEN' };
    const requestTimeout = '50ms';
    const hasty =
      place === SLACK
        ? slack.createAdapter(
            slack.accountSchema.parse({ token, requestTimeout, apiUrl: sandbox.slackApiUrl }),
          )
        : teams.createAdapter(
            teams.accountSchema.parse({
              accessToken: token,
              requestTimeout,
              graphUrl: sandbox.graphBaseUrl,
            }),
          );
    const lost = hasty.post({ ...messageAt(place, 'answer.0', 'Resolved'), replyTo: root });
    expect(await rejection(lost)).toMatchObject({ outcome: 'ambiguous', reason: 'timeout' });
    expect(await adapter.find?.(queryFor(place, 'answer.0', root))).toMatchObject({
      messageId: shownAt(place)[1]?.id,
    });
  });
});

describe('on Slack', () => {
  it('a channel that is gone is not taken for a post that is gone', async () => {
    const adapter = adapterFor(SLACK);
    const post = { messageId: '1763971200.000100', channel: 'C0NOWHERE' };
    const edit = adapter.edit?.(editOf(SLACK, post, 'Resolved')) ?? Promise.resolve();
    expect(await rejection(edit)).toMatchObject({ reason: 'destination_not_found' });
  });

  it('an answer to a deleted post that has other answers stays in its thread', async () => {
    const adapter = adapterFor(SLACK);
    const root = await adapter.post(messageAt(SLACK, 'root.0', 'Disk full'));
    const answer = (id: string) =>
      adapter.post({ ...messageAt(SLACK, id, 'Resolved'), replyTo: root });
    await answer('answer.0');
    sandbox.deletePost(addressOf(SLACK, root));
    expect((await answer('answer.1')).standsAlone).toBeUndefined();
    expect(await adapter.find?.(queryFor(SLACK, 'answer.1', root))).toBeDefined();
    const edit = adapter.edit?.(editOf(SLACK, root, 'Resolved')) ?? Promise.resolve();
    expect(await rejection(edit)).toMatchObject({ reason: 'post_not_found' });
  });

  it('an answer is shown in the channel, too, where that is wanted and allowed', async () => {
    const adapter = adapterFor(SLACK);
    const root = await adapter.post(messageAt(SLACK, 'root.0', 'Disk full'));
    const answer = (id: string) =>
      adapter.post({ ...messageAt(SLACK, id, 'Resolved'), replyTo: root, broadcast: true });
    await answer('answer.0');
    const error = 'cant_broadcast_message';
    sandbox.addFault({ kind: 'slack_error', error, platform: 'slack', times: 1 });
    await answer('answer.1');
    expect(shownAt(SLACK).map(({ broadcast }) => broadcast)).toEqual([undefined, true, undefined]);
    expect(shownAt(SLACK)[2]?.replyTo).toBe(root.messageId);
  });

  it('an answer that the channel shows, too, is found in its thread, and is no post by itself', async () => {
    const adapter = adapterFor(SLACK);
    const root = await adapter.post(messageAt(SLACK, 'root.0', 'Disk full'));
    const answer = { ...messageAt(SLACK, 'answer.0', 'Resolved'), replyTo: root, broadcast: true };
    const { messageId } = await adapter.post(answer);
    expect(await adapter.find?.(queryFor(SLACK, 'answer.0', root))).toMatchObject({ messageId });
    const { replyTo, ...inChannel } = queryFor(SLACK, 'answer.0', root);
    expect(replyTo).toBeDefined();
    expect(await adapter.find?.(inChannel)).toBeUndefined();
    expect(await adapter.find?.({ ...inChannel, deliveryId: 'root.0' })).toMatchObject({
      messageId: root.messageId,
    });
  });

  it('the parts of a long answer are all in the thread of its root, and only the first is broadcast', async () => {
    const adapter = adapterFor(SLACK);
    const root = await adapter.post(messageAt(SLACK, 'root.0', 'Disk full'));
    const message = messageAt(SLACK, 'answer.0', 'word '.repeat(5_000));
    const { parts: of } = adapter.layout(message);
    expect(of).toBeGreaterThan(2);
    let first: Receipt | undefined;
    for (let number = 1; number <= of; number += 1) {
      const part = { number, of, first };
      const receipt = await adapter.post({ ...message, part, replyTo: root, broadcast: true });
      const query = { ...queryFor(SLACK, 'answer.0', root), part };
      expect(await adapter.find?.(query)).toEqual(receipt);
      first ??= receipt;
    }
    const [, ...answers] = shownAt(SLACK);
    expect(answers.map(({ replyTo }) => replyTo)).toEqual(answers.map(() => root.messageId));
    expect(answers.map(({ broadcast }) => broadcast ?? false)).toEqual(
      answers.map((_answer, index) => index === 0),
    );
  });

  it.each(['invalid_blocks', 'msg_blocks_too_long', 'block_mismatch'])(
    'an edit whose blocks are refused (%s) is made once as plain text, shortened to what an edit may have',
    async (error) => {
      const adapter = adapterFor(SLACK);
      const root = await adapter.post(messageAt(SLACK, 'root.0', 'Disk full'));
      const operation = 'chat.update';
      sandbox.addFault({ kind: 'slack_error', error, operation, platform: 'slack', times: 1 });
      const receipt = await adapter.edit?.(editOf(SLACK, root, '&Ü😀 '.repeat(3_000)));
      expect(receipt).toMatchObject({
        ...root,
        plainText: expect.stringContaining(error) as string,
      });
      expect(receipt?.shortened?.shown).toBeGreaterThan(100);
      const [post] = shownAt(SLACK);
      expect(Buffer.byteLength(post?.text ?? '')).toBeLessThanOrEqual(4_000);
      expect(post?.content).not.toHaveProperty('blocks');
      expect(sandbox.requests({ operation })).toHaveLength(2);
    },
  );

  it.each([
    ['message_not_found', 'permanent post_not_found'],
    ['thread_not_found', 'permanent post_not_found'],
    ['cant_update_message', 'permanent edit_refused'],
    ['edit_window_closed', 'permanent edit_refused'],
    ['cant_broadcast_message', 'permanent edit_refused'],
    ['no_dual_broadcast_content_update', 'permanent edit_refused'],
    ['is_inactive', 'permanent edit_refused'],
    ['update_failed', 'ambiguous platform_unavailable'],
    ['channel_not_found', 'permanent destination_not_found'],
    ['is_archived', 'permanent destination_not_found'],
    ['msg_too_long', 'permanent content_rejected'],
    ['ratelimited', 'transient rate_limited'],
    ['token_revoked', 'permanent credentials_rejected'],
    ['a_code_that_is_new', 'permanent request_rejected'],
  ])('an edit that is answered %s is %s', async (error, expected) => {
    const adapter = adapterFor(SLACK);
    const root = await adapter.post(messageAt(SLACK, 'root.0', 'Disk full'));
    sandbox.addFault({ kind: 'slack_error', error, operation: 'chat.update', platform: 'slack' });
    const edit = adapter.edit?.(editOf(SLACK, root, 'Resolved')) ?? Promise.resolve();
    const { outcome, reason } = await rejection(edit);
    expect(`${outcome} ${reason}`).toBe(expected);
  });

  it('the first of several posts shows the whole edit in one', async () => {
    const adapter = adapterFor(SLACK);
    const message = messageAt(SLACK, 'root.0', 'word '.repeat(5_000));
    const { parts: of } = adapter.layout(message);
    const root = await adapter.post({ ...message, part: { number: 1, of, first: undefined } });
    expect(await adapter.edit?.(editOf(SLACK, root, 'Resolved'))).toEqual(root);
    expect(shownAt(SLACK).map(({ text }) => text)).toEqual(['Resolved']);
    const part = { number: 1, of, first: undefined };
    expect(await adapter.find?.({ ...queryFor(SLACK, 'root.0'), part })).toEqual(root);
  });
});

describe('on Teams', () => {
  it('an answer in a chat is an ordinary message, since chats have no threads', async () => {
    const adapter = adapterFor(CHAT);
    expect(teams.capabilities(undefined, CHAT.path).thread).toBe(false);
    expect(teams.capabilities(undefined, TEAMS.path).thread).toBe(true);
    const root = await adapter.post(messageAt(CHAT, 'root.0', 'Disk full'));
    const replyTo = root;
    const receipt = await adapter.post({ ...messageAt(CHAT, 'answer.0', 'Resolved'), replyTo });
    expect(shownAt(CHAT)[1]).not.toHaveProperty('replyTo');
    expect(await adapter.find?.(queryFor(CHAT, 'answer.0', root))).toEqual(receipt);
  });

  it.each([
    ['NotFound', 'post_not_found'],
    ['ChannelNotFound', 'destination_not_found'],
    ['TeamNotFound', 'destination_not_found'],
    ['ItemNotFound', 'post_not_found'],
  ])('a 404 with the code %s is %s', async (code, reason) => {
    const adapter = adapterFor(TEAMS);
    const root = await adapter.post(messageAt(TEAMS, 'root.0', 'Disk full'));
    sandbox.addFault({ kind: 'graph_error', status: 404, code, platform: 'teams' });
    const edit = adapter.edit?.(editOf(TEAMS, root, 'Resolved')) ?? Promise.resolve();
    expect(await rejection(edit)).toMatchObject({ reason });
    const post = { ...messageAt(TEAMS, 'answer.0', 'Resolved'), replyTo: root };
    expect(await rejection(adapter.post(post))).toMatchObject({ reason });
  });

  it('an edit may be answered by nothing at all', async () => {
    const adapter = adapterFor(TEAMS);
    const root = await adapter.post(messageAt(TEAMS, 'root.0', 'Disk full'));
    sandbox.addFault({ kind: 'answer', status: 200, body: '', platform: 'teams', times: 1 });
    expect(await adapter.edit?.(editOf(TEAMS, root, 'Resolved'))).toEqual(root);
  });
});

describe('the sandbox', () => {
  it('keeps edits, deletions and threads in its file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'follow-ups-'));
    const file = join(directory, 'posts.jsonl');
    const first = sandbox;
    sandbox = await startSandbox({ file, limits: 'off' });
    const adapter = adapterFor(SLACK);
    const root = await adapter.post(messageAt(SLACK, 'root.0', 'Disk full'));
    for (const text of ['Acknowledged', 'Resolved']) {
      await adapter.edit?.(editOf(SLACK, root, text));
    }
    await adapter.post({ ...messageAt(SLACK, 'answer.0', 'Resolved'), replyTo: root });
    const before = shownAt(SLACK);
    const killed = sandbox;
    sandbox = await startSandbox({ file, limits: 'off' });
    expect(shownAt(SLACK)).toEqual(before);
    expect(before[0]?.earlier?.map(({ text }) => text)).toEqual(['Disk full', 'Acknowledged']);

    sandbox.deletePost(addressOf(SLACK, root));
    await sandbox.close();
    sandbox = await startSandbox({ file, limits: 'off' });
    expect(shownAt(SLACK)).toEqual(before.slice(1));
    const page = await (await fetch(sandbox.url)).text();
    expect(page).toContain('This message was deleted.');
    await Promise.all([first.close(), killed.close()]);
    await rm(directory, { recursive: true });
  });

  it('does for curl what it does in code', async () => {
    const control = (method: string, path: string, body?: object) =>
      fetch(`${sandbox.url}/control/${path}`, {
        method,
        ...(body && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      });
    const posted = await control('POST', 'posts', { ...SLACK, text: 'Me, too', author: 'ben' });
    expect(posted.status).toBe(201);
    const { id } = (await posted.json()) as SandboxPost;
    expect(shownAt(SLACK)).toMatchObject([{ id, author: 'ben' }]);
    const settings = { slackEditWindowSeconds: 0, teamsEditing: false };
    expect((await control('PUT', 'settings', settings)).status).toBe(204);
    const address = new URLSearchParams({ ...SLACK, id });
    expect((await control('DELETE', `posts?${String(address)}`)).status).toBe(204);
    expect((await control('DELETE', `posts?${String(address)}`)).status).toBe(404);
    expect(
      (await control('POST', 'posts', { ...SLACK, path: 'C0NOWHERE', text: 'x' })).status,
    ).toBe(404);
    expect(shownAt(SLACK)).toEqual([]);
  });
});
