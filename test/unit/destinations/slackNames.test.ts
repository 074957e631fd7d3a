/** Channels and people by name, against the sandbox. */
import type { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { SlackNames } from '../../../src/destinations/slack/names.js';
import { slack } from '../../../src/destinations/slack/platform.js';
import type { Sandbox } from '../../../src/sandbox/interface.js';
import { startSandbox } from '../../../src/sandbox/sandbox.js';
import { examplePost, rejection } from './contract.js';

let sandbox: Sandbox;
let adapter: DestinationAdapter;
beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  process.env.NAMES_TOKEN = sandbox.slackToken;
  adapter = adapterWaiting('10s');
});

function adapterWaiting(requestTimeout: string): DestinationAdapter {
  const token = { env: 'NAMES_TOKEN' };
  return slack.createAdapter(
    slack.accountSchema.parse({ token, apiUrl: sandbox.slackApiUrl, requestTimeout }),
  );
}

afterEach(() => sandbox.close());

const post = (path: string) => adapter.post(examplePost(path));
const asked = (operation: string) => sandbox.requests({ operation }).length;

describe('a post to a channel by its name', () => {
  it('goes to the channel that has the name, whose id is in the receipt', async () => {
    const receipts = await Promise.all(Array.from({ length: 5 }, () => post('#ops')));
    expect(receipts.map(({ channel }) => channel)).toEqual(Array(5).fill('C0123ABC'));
    expect((await post('#deploys')).channel).toBe('C0DEV0001');
    expect(asked('conversations.list')).toBe(1);
  });

  it('is found, and edited, by the name', async () => {
    const example = { ...examplePost('#ops') };
    const receipt = await adapter.post(example);
    const { deliveryId } = example;
    const since = new Date(Date.now() - 1_000);
    expect(await adapter.find?.({ path: '#ops', deliveryId, since })).toEqual(receipt);
    const { messageId = '' } = receipt;
    expect(await adapter.edit?.({ ...example, post: { messageId } })).toEqual(receipt);
  });

  it('goes to another channel once the name is that one’s', async () => {
    await post('#ops');
    sandbox.addPlace({ platform: 'slack', path: 'C0123ABC', name: 'ops', archived: true });
    sandbox.addPlace({ platform: 'slack', path: 'C0NEWOPS1', name: 'ops' });
    expect((await post('#ops')).channel).toBe('C0NEWOPS1');
  });

  it('reads all pages of a large workspace', async () => {
    for (let index = 0; index < 2_100; index += 1) {
      sandbox.addPlace({ platform: 'slack', path: `C0MANY${index}0`, name: `many-${index}` });
    }
    expect((await post('#many-2099')).channel).toBe('C0MANY20990');
    expect(asked('conversations.list')).toBe(3);
  });

  it('finds public channels without the scope for private ones', async () => {
    sandbox.grantSlackScopes(['chat:write', 'channels:read']);
    expect((await post('#ops')).channel).toBe('C0123ABC');
  });

  it('may have a name of another script', async () => {
    sandbox.addPlace({ platform: 'slack', path: 'C0NIHONGO', name: '障害-対応' });
    expect(slack.checkPath('#障害-対応', slack.accountSchema.parse({ token: { env: 'X' } }))).toBe(
      undefined,
    );
    expect((await post('#障害-対応')).channel).toBe('C0NIHONGO');
  });
});

describe('a post to a person by e-mail address', () => {
  it('is a direct message, whose id is in the receipt', async () => {
    for (let count = 0; count < 3; count += 1) {
      expect((await post('@ana@example.com')).channel).toBe('D0ANA0001');
    }
    expect(asked('users.lookupByEmail')).toBe(1);
    expect(asked('conversations.open')).toBe(1);
    expect(sandbox.posts({ platform: 'slack', path: 'D0ANA0001' })).toHaveLength(3);
  });
});

describe('a name that can’t be used', () => {
  it.each([
    ['#nowhere', 'no channel named #nowhere'],
    ['#old', 'archived'],
    ['#twice', 'C0TWICE001, C0TWICE002'],
    ['@nobody@example.com', 'nobody in this workspace'],
    ['@gone@example.com', 'deactivated'],
    ['@robot@example.com', 'cannot_dm_bot'],
  ])('%s is refused: %s', async (path, words) => {
    sandbox.addPlace({ platform: 'slack', path: 'C0OLD00001', name: 'old', archived: true });
    sandbox.addPlace({ platform: 'slack', path: 'C0TWICE001', name: 'twice' });
    sandbox.addPlace({ platform: 'slack', path: 'C0TWICE002', name: 'twice' });
    const gone = { id: 'U0GONE001', email: 'gone@example.com', name: 'Gone', deleted: true };
    sandbox.addPerson(gone);
    sandbox.addPerson({ id: 'U0ROBOT01', email: 'robot@example.com', name: 'Robot', bot: true });
    const error = await rejection(post(path));
    expect(error).toMatchObject({ outcome: 'permanent', reason: 'destination_not_found' });
    expect(error.message).toContain(words);
    expect(sandbox.posts()).toEqual([]);
  });

  it.each([
    ['#ops', ['chat:write'], 'needed: channels:read'],
    ['@ana@example.com', ['chat:write', 'im:write'], 'needed: users:read.email'],
    ['@ana@example.com', ['chat:write', 'users:read.email'], 'needed: im:write'],
  ])(
    '%s without its scope is not authorised, and the scope is named',
    async (path, scopes, words) => {
      sandbox.grantSlackScopes(scopes);
      const error = await rejection(post(path));
      expect(error).toMatchObject({ outcome: 'permanent', reason: 'not_authorised' });
      expect(error.message).toContain(words);
    },
  );

  it.each(['conversations.list', 'users.lookupByEmail', 'conversations.open'])(
    'is looked up again after a failure of %s, which is never ambiguous and no limit of the account’s posts',
    async (operation) => {
      adapter = adapterWaiting('300ms');
      const path = operation === 'conversations.list' ? '#ops' : '@ana@example.com';
      for (const fault of [
        { kind: 'timeout' },
        { kind: 'reset' },
        { kind: 'http_error', status: 503 },
        { kind: 'garbage' },
        { kind: 'answer', body: '{"ok":true}' },
      ] as const) {
        sandbox.addFault({ ...fault, platform: 'slack', operation, times: 1 });
        expect(await rejection(post(path))).toMatchObject({ outcome: 'transient' });
      }
      sandbox.addFault({ kind: 'rate_limited', platform: 'slack', operation, times: 1 });
      expect(await rejection(post(path))).toMatchObject({
        outcome: 'transient',
        reason: 'rate_limited',
        separateLimit: true,
      });
      expect(sandbox.posts()).toEqual([]);
      await post(path);
    },
  );

  it('an edit’s limit is no limit of the account’s posts', async () => {
    const receipt = await post('#ops');
    sandbox.addFault({ kind: 'rate_limited', platform: 'slack', operation: 'chat.update' });
    const edit = adapter.edit?.({ ...examplePost('#ops'), post: receipt }) ?? Promise.resolve();
    expect(await rejection(edit)).toMatchObject({ reason: 'rate_limited', separateLimit: true });
  });
});

describe('the list of channels', () => {
  let now: number;
  let calls: (string | undefined)[];
  let names: SlackNames;
  let channels: Record<string, string>;
  /** Called before each page. */
  let before: () => void;

  beforeEach(() => {
    now = 0;
    calls = [];
    channels = { ops: 'C1' };
    before = () => undefined;
    const list = ({ cursor }: { cursor?: string }) => {
      calls.push(cursor);
      before();
      const named = Object.entries(channels).map(([name, id]) => ({ name, id }));
      const next_cursor = cursor === 'last' ? '' : 'last';
      return Promise.resolve({
        ok: true,
        channels: cursor === 'last' ? named : [],
        response_metadata: { next_cursor },
      });
    };
    const client = { conversations: { list } } as unknown as WebClient;
    names = new SlackNames(client, 1_000, () => now);
  });

  it('is kept for ten minutes, and for half a minute where a name is missing', async () => {
    const tenMinutes = 10 * 60_000;
    await names.channelOf('#ops');
    await rejection(names.channelOf('#new'));
    expect(calls).toHaveLength(2);
    channels = { ops: 'C2', new: 'C3' };
    now = 30_000;
    expect(await names.channelOf('#new')).toBe('C3');
    expect(calls).toHaveLength(4);
    now = 30_000 + tenMinutes - 1;
    expect(await names.channelOf('#ops')).toBe('C2');
    expect(calls).toHaveLength(4);
    now += 1;
    await names.channelOf('#ops');
    expect(calls).toHaveLength(6);
  });

  it('continues where an attempt that took too long has ended', async () => {
    before = () => (now += 1_001);
    expect(await rejection(names.channelOf('#ops'))).toMatchObject({
      outcome: 'transient',
      reason: 'timeout',
    });
    expect(await names.channelOf('#ops')).toBe('C1');
    expect(calls).toEqual([undefined, 'last']);
  });
});

describe('paths', () => {
  const account = slack.accountSchema.parse({ token: { env: 'NAMES_TOKEN' } });
  it.each(['#ops', '#a', '#team_1-x', '@ana@example.com', '@ana.b+c@mail.example.co.uk'])(
    'may be %s',
    (path) => expect(slack.checkPath(path, account)).toBeUndefined(),
  );
  it.each([
    '#',
    '#Ops',
    '#a b',
    '#a.b',
    '@ana',
    '@ana@',
    '@@example.com',
    'ana@example.com',
    '#<x>',
  ])('may not be %s', (path) => expect(slack.checkPath(path, account)).toContain('#ops'));
});
