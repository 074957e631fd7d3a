/** Mentions on Teams, against the sandbox, which refuses what Graph refuses. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { teams } from '../../../src/destinations/teams/platform.js';
import type { Mentions } from '../../../src/domain/mentions.js';
import type { Sandbox } from '../../../src/sandbox/interface.js';
import { startSandbox } from '../../../src/sandbox/sandbox.js';
import { examplePost, rejection } from './contract.js';

const TEAM = '0a1b2c3d-0000-4000-8000-000000000001';
const CHANNEL = `${TEAM}/19:incidents@thread.tacv2`;
const CHAT = 'chats/19:oncall@thread.v2';
const ANA = '0a1b2c3d-0000-4000-8000-0000000000a1';
const BEN = '0a1b2c3d-0000-4000-8000-0000000000b1';
const CHIDI = '0a1b2c3d-0000-4000-8000-0000000000c1';
const ALL = { users: true, groups: true, here: true, channel: true };

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  process.env.TEAMS_MENTIONS_TOKEN = sandbox.graphToken;
});
afterEach(() => sandbox.close());

const adapterWith = (mentions: object) =>
  teams.createAdapter(
    teams.accountSchema.parse({
      accessToken: { env: 'TEAMS_MENTIONS_TOKEN' },
      graphUrl: sandbox.graphBaseUrl,
      mentions,
    }),
  );

const post = (
  mentions: Mentions | undefined,
  {
    allowed = ALL,
    path = CHANNEL,
    text = 'Disk full',
  }: { allowed?: object; path?: string; text?: string } = {},
) => adapterWith(allowed).post({ ...examplePost(path), content: { text, mentions } });

interface Graph {
  body: { content: string };
  mentions?: { id: number; mentionText: string; mentioned: object }[];
}
const content = (): Graph => {
  const [last] = sandbox.posts({ platform: 'teams' }).slice(-1);
  return last?.content as never;
};
const asked = (operation: string) => sandbox.requests({ operation }).length;

describe('a message on Teams', () => {
  it('mentions people by id and by e-mail address, the channel and its team', async () => {
    await post({ users: [ANA, 'ben@example.com'], groups: [TEAM], channel: true });
    const { body, mentions } = content();
    expect(body.content).toContain(
      '<p><at id="0">Ana Silva</at> <at id="1">Ben &lt;Ops &amp; co&gt;</at> <at id="2">Operations</at> <at id="3">Incidents</at></p>',
    );
    const user = (id: string, displayName: string) => ({
      user: { id, displayName, userIdentityType: 'aadUser' },
    });
    expect(mentions?.map(({ id, mentioned }) => [id, mentioned])).toEqual([
      [0, user(ANA, 'Ana Silva')],
      [1, user(BEN, 'Ben <Ops & co>')],
      [
        2,
        { conversation: { id: TEAM, displayName: 'Operations', conversationIdentityType: 'team' } },
      ],
      [
        3,
        {
          conversation: {
            id: '19:incidents@thread.tacv2',
            displayName: 'Incidents',
            conversationIdentityType: 'channel',
          },
        },
      ],
    ]);
  });

  it('mentions a guest by the e-mail address, which is not their principal name', async () => {
    await post({ users: ['chidi@partner.example'] }, { path: CHAT });
    expect(content().mentions).toMatchObject([
      { mentionText: 'Chidi', mentioned: { user: { id: CHIDI } } },
    ]);
  });

  it('looks each name up once', async () => {
    const adapter = adapterWith(ALL);
    for (let times = 0; times < 3; times += 1) {
      await adapter.post({
        ...examplePost(CHANNEL),
        content: { text: 'x', mentions: { users: [ANA] } },
      });
    }
    expect(asked('getUser')).toBe(1);
  });

  it('leaves out what a chat has not, and what Teams has not', async () => {
    await post(
      { users: [ANA, 'U0123ABC'], groups: [TEAM], here: true, channel: true },
      { path: CHAT },
    );
    expect(content().mentions).toHaveLength(1);
  });

  it('is posted without them where the account allows nobody', async () => {
    await post({ users: [ANA], channel: true }, { allowed: {} });
    expect(content().mentions ?? []).toEqual([]);
    expect(asked('getUser')).toBe(0);
  });

  it('mentions nobody again by an edit', async () => {
    const adapter = adapterWith(ALL);
    const message = { ...examplePost(CHANNEL), content: { text: 'x', mentions: { users: [ANA] } } };
    const receipt = await adapter.post(message);
    await adapter.edit?.({ ...message, post: receipt });
    expect(content().body.content).not.toContain('<at');
    expect(content().mentions ?? []).toEqual([]);
  });

  it.each<[string, Mentions, object, RegExp]>([
    [
      'the account forbids',
      { users: [ANA] },
      { channel: true },
      /content\.mentions\.users\.0.*mentions: \{ users/,
    ],
    [
      'the account allows to others only',
      { users: [ANA] },
      { users: [BEN] },
      /content\.mentions\.users\.0/,
    ],
    ['the account forbids', { channel: true }, { users: true }, /mentions: \{ channel: true \}/],
    [
      'nobody has',
      { users: ['nobody@example.com'] },
      ALL,
      /^content\.mentions\.users\.0: nobody in the directory has this e-mail address\.$/,
    ],
    [
      'nobody has',
      { users: [ANA, '0a1b2c3d-0000-4000-8000-0000000000d1'] },
      ALL,
      /^content\.mentions\.users\.1: nobody in the directory has this id\.$/,
    ],
  ])('is refused with a mention that %s: %j', async (_, mentions, allowed, why) => {
    const error = await rejection(post(mentions, { allowed }));
    expect(error).toMatchObject({ outcome: 'permanent', reason: 'content_rejected' });
    expect(error.message).toMatch(why);
    expect(sandbox.posts()).toEqual([]);
  });

  it('needs a permission for the names, and says which', async () => {
    sandbox.grantGraphPermissions(['ChannelMessage.Send']);
    const person = await rejection(post({ users: [ANA] }));
    expect(person).toMatchObject({ outcome: 'permanent', reason: 'not_authorised' });
    expect(person.message).toContain('User.ReadBasic.All');
    expect((await rejection(post({ channel: true }))).message).toContain('Channel.ReadBasic.All');
    await post(undefined);
  });

  it.each([
    ['rate_limited' as const, {}, { reason: 'rate_limited', separateLimit: true }],
    ['http_error' as const, { status: 503 }, { reason: 'platform_unavailable' }],
    ['timeout' as const, {}, { reason: 'timeout' }],
  ])('is put off while names can’t be looked up: %s', async (kind, more, expected) => {
    sandbox.addFault({ kind, platform: 'teams', operation: 'getUser', ...more } as never);
    const adapter = teams.createAdapter(
      teams.accountSchema.parse({
        accessToken: { env: 'TEAMS_MENTIONS_TOKEN' },
        graphUrl: sandbox.graphBaseUrl,
        requestTimeout: '300ms',
        mentions: ALL,
      }),
    );
    const mentions = { users: [ANA] };
    const failed = await rejection(
      adapter.post({ ...examplePost(CHANNEL), content: { text: 'x', mentions } }),
    );
    expect(failed).toMatchObject({ outcome: 'transient', ...expected });
    expect(sandbox.posts()).toEqual([]);
  });

  it('keeps its room for mentions within the limit of Teams', async () => {
    const users = [ANA, BEN, CHIDI];
    await post({ users, channel: true }, { text: 'word '.repeat(20_000) });
    expect(content().body.content).toContain('shortened');
    expect(Buffer.byteLength(JSON.stringify(content()))).toBeLessThan(28 * 1024);
  });

  it('never mentions anyone by its text', async () => {
    const markup = fc.constantFrom(
      ...['<at id="0">Ana</at>', '&lt;at id="0"&gt;Ana&lt;/at&gt;', '@Ana Silva', '[x](<at>)'],
      ...['`<at id="0">Ana</at>`', '<at>everyone</at>', '\\<at id="0">Ana</at>'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(markup, { minLength: 1, maxLength: 4 }), async (words) => {
        await post(undefined, { text: words.join(' ') });
        expect(content().body.content).not.toMatch(/<at\b/i);
        expect(content().mentions ?? []).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the sandbox’s Graph', () => {
  const send = async (message: object) => {
    const response = await fetch(
      `${sandbox.graphBaseUrl}/v1.0/teams/${TEAM}/channels/19:incidents@thread.tacv2/messages`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${sandbox.graphToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(message),
      },
    );
    return { status: response.status, text: await response.text() };
  };
  const mention = (id: number, mentionText: string) => ({
    id,
    mentionText,
    mentioned: { user: { id: ANA, displayName: mentionText, userIdentityType: 'aadUser' } },
  });
  const html = (text: string) => ({ contentType: 'html', content: text });

  it.each([
    [
      'a mention without an element',
      { body: html('x'), mentions: [mention(0, 'Ana')] },
      "marker for mention with Id '0'",
    ],
    [
      'an element of another id',
      { body: html('<at id="1">Ana</at>'), mentions: [mention(0, 'Ana')] },
      'marker for mention',
    ],
    [
      'another text',
      { body: html('<at id="0">Anna</at>'), mentions: [mention(0, 'Ana')] },
      'marker for mention',
    ],
    ['an element without a mention', { body: html('<at id="0">Ana</at>') }, 'in the body only'],
    [
      'text',
      { body: { contentType: 'text', content: '@Ana' }, mentions: [mention(0, 'Ana')] },
      'only allowed in Html',
    ],
    [
      'one id twice',
      { body: html('<at id="0">Ana</at>'), mentions: [mention(0, 'Ana'), mention(0, 'Ana')] },
      'several mentions',
    ],
    [
      'nobody mentioned',
      {
        body: html('<at id="0">Ana</at>'),
        mentions: [{ id: 0, mentionText: 'Ana', mentioned: {} }],
      },
      'mentions.0.mentioned',
    ],
  ])('refuses %s', async (_, message, why) => {
    const { status, text } = await send(message);
    expect(status).toBe(400);
    expect(text).toContain(why);
  });

  it('takes what belongs together, whatever characters the name has', async () => {
    const name = 'A & <b> "ü"';
    const body = html('<at id="0">A &amp; &lt;b&gt; "ü"</at>');
    expect((await send({ body, mentions: [mention(0, name)] })).status).toBe(201);
  });
});
