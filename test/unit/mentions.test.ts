/** Whom a message mentions: refused where an account doesn't allow it, and never by text. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planDeliveries } from '../../src/acceptance/deliveryPlan.js';
import { MessageRefused } from '../../src/acceptance/refusal.js';
import type { Configuration, ConfiguredAccount } from '../../src/config/configuration.js';
import { slack } from '../../src/destinations/slack/platform.js';
import { teams } from '../../src/destinations/teams/platform.js';
import { teamsWebhook } from '../../src/destinations/teams-webhook/platform.js';
import { messageSchema } from '../../src/domain/message.js';
import { mentionsSchema, type Mentions } from '../../src/domain/mentions.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { startSandbox, type SandboxPost } from '../../src/sandbox/sandbox.js';
import { examplePost, rejection } from './destinations/contract.js';

describe('mentions of a message', () => {
  it.each<[string, unknown]>([
    ['nobody', {}],
    ['an empty list', { users: [] }],
    ['one person twice', { users: ['U1', 'U1'] }],
    ['text', { users: ['@ana'] }],
    ['markup', { users: ['U1>'] }],
    ['an unknown kind', { everyone: true }],
    ['here as false', { here: false }],
    ['too many', { users: Array.from({ length: 21 }, (_, index) => `U${index}0`) }],
    ['a group by e-mail address', { groups: ['ops@example.com'] }],
    ['null', { users: null }],
  ])('may not be %s', (_what, mentions) => {
    expect(mentionsSchema.safeParse(mentions).success).toBe(false);
  });

  it('may be people, groups and everybody', () => {
    const mentions = {
      users: ['U0123ABC', 'ana@example.com'],
      groups: ['S0123ABC'],
      here: true,
      channel: true,
    };
    expect(mentionsSchema.parse(mentions)).toEqual(mentions);
  });
});

describe('a message that mentions somebody', () => {
  const accountOf = (name: string, mentions?: unknown): ConfiguredAccount =>
    ({
      id: `slack:${name}`,
      platform: slack,
      name,
      settings: slack.accountSchema.parse({
        token: { env: 'X' },
        ...(mentions !== undefined && { mentions }),
      }),
      retry: {},
    }) as unknown as ConfiguredAccount;

  const teamsAccountOf = (name: string, mentions?: object): ConfiguredAccount =>
    ({
      id: `teams:${name}`,
      platform: teams,
      name,
      settings: teams.accountSchema.parse({ accessToken: { env: 'X' }, mentions }),
      retry: {},
    }) as unknown as ConfiguredAccount;

  const faultsOf = (mentions: Mentions, destinations: string[]): string[] => {
    const webhook = {
      id: 'teams-webhook:default',
      platform: teamsWebhook,
      name: 'default',
      settings: { webhooks: { incidents: {} }, requestTimeout: 1_000 },
      retry: {},
    } as unknown as ConfiguredAccount;
    const accounts = [
      accountOf('default'),
      accountOf('loud', { users: true, groups: ['S0123ABC'], here: true }),
      teamsAccountOf('default'),
      teamsAccountOf('picky', { channel: true }),
      webhook,
    ];
    const configuration = { accounts, retryProfiles: {} } as unknown as Configuration;
    const content = { text: 'Disk full', mentions };
    const message = messageSchema.parse({ deduplicationKey: 'k', destinations, content });
    try {
      planDeliveries(message, configuration);
      return [];
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      return error.faults.map(({ detail, field }) => `${field}: ${detail}`);
    }
  };

  it.each<[Mentions]>([
    [{ users: ['U0123ABC'] }],
    [{ users: ['ana@example.com'] }],
    [{ groups: ['S0123ABC'] }],
    [{ here: true }],
    [{ channel: true }],
  ])(
    '%j is refused by an account that allows nobody, with the setting that allows it',
    (mentions) => {
      const [fault = '', ...others] = faultsOf(mentions, ['slack:default/C0123ABC']);
      const [kind = ''] = Object.keys(mentions);
      expect(others).toEqual([]);
      expect(fault).toContain(`content.mentions.${kind}`);
      expect(fault).toContain('account slack:default');
      expect(fault).toContain(`mentions: { ${kind}: `);
    },
  );

  it('is accepted where the account allows each of them', () => {
    const allowed = { users: ['U1', 'ana@example.com'], groups: ['S0123ABC'], here: true as const };
    expect(faultsOf(allowed, ['slack:loud/C0123ABC'])).toEqual([]);
    expect(faultsOf({ groups: ['S0OTHER'] }, ['slack:loud/C0123ABC'])).toHaveLength(1);
    expect(faultsOf({ channel: true }, ['slack:loud/C0123ABC'])).toHaveLength(1);
  });

  it('is refused where any of its accounts does not allow it', () => {
    const destinations = ['slack:loud/C0123ABC', 'slack:default/C0123ABC'];
    expect(faultsOf({ here: true }, destinations)[0]).toContain('slack:default');
  });

  it('is accepted for one platform where the account of another takes no part in mentions', () => {
    const channel = 'teams:default/0a1b2c3d-0000-4000-8000-000000000001/19:a@thread.tacv2';
    const users = ['ana@example.com'];
    expect(faultsOf({ users }, ['slack:loud/C0123ABC', channel])).toEqual([]);
    expect(faultsOf({ users }, ['slack:default/C0123ABC', channel])[0]).toContain('slack:default');
    expect(faultsOf({ users }, [channel])[0]).toContain('account teams:default');
    const picky = channel.replace('default', 'picky');
    expect(faultsOf({ users }, ['slack:loud/C0123ABC', picky])[0]).toContain('account teams:picky');
  });

  it('is refused where no destination can mention them, and accepted where another one can', () => {
    const webhook = 'teams-webhook:default/incidents';
    expect(faultsOf({ here: true }, [webhook])[0]).toContain('none of the destinations');
    expect(faultsOf({ here: true }, [webhook, 'slack:loud/C0123ABC'])).toEqual([]);
    expect(faultsOf({ users: ['not-of-slack'] }, ['slack:loud/C0123ABC'])).toHaveLength(1);
  });
});

describe('a post on Slack', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox({ limits: 'off' });
    process.env.MENTIONS_TOKEN = sandbox.slackToken;
  });
  afterEach(() => sandbox.close());

  const adapterWith = (mentions: object) =>
    slack.createAdapter(
      slack.accountSchema.parse({
        token: { env: 'MENTIONS_TOKEN' },
        apiUrl: sandbox.slackApiUrl,
        mentions,
      }),
    );
  const ALL = { users: true, groups: true, here: true, channel: true };
  const post = (text: string, mentions: Mentions | undefined, allowed: object = ALL) =>
    adapterWith(allowed).post({ ...examplePost('C0123ABC'), content: { text, mentions } });
  const shown = () =>
    JSON.stringify(sandbox.posts({ platform: 'slack' }).map((each) => each.content));

  it('mentions them with elements of their own, people by id or by e-mail address', async () => {
    await post('Disk full', {
      users: ['U0BEN0001', 'ana@example.com'],
      groups: ['S0123ABC'],
      here: true,
      channel: true,
    });
    const [{ content, text }] = sandbox.posts() as [SandboxPost];
    const [line] = (content as { blocks?: { elements: { elements: object[] }[] }[] }).blocks ?? [];
    const elements = line?.elements[0]?.elements.filter((each) => !('text' in each));
    expect(elements).toEqual([
      { type: 'user', user_id: 'U0BEN0001' },
      { type: 'user', user_id: 'U0ANA0001' },
      { type: 'usergroup', usergroup_id: 'S0123ABC' },
      { type: 'broadcast', range: 'here' },
      { type: 'broadcast', range: 'channel' },
    ]);
    expect(text.split('\n')[0]).toBe(
      '<@U0BEN0001> <@U0ANA0001> <!subteam^S0123ABC> <!here> <!channel>',
    );
    expect(await (await fetch(sandbox.url)).text()).toContain('class="mention">@here');
  });

  it('mentions once, in the first of several posts, and not again by an edit', async () => {
    const adapter = adapterWith(ALL);
    const content = { text: 'word '.repeat(5_000), mentions: { here: true as const } };
    const message = { ...examplePost('C0123ABC'), content };
    const { parts: of } = adapter.layout(message);
    const first = await adapter.post({ ...message, part: { number: 1, of, first: undefined } });
    await adapter.post({ ...message, part: { number: 2, of, first } });
    expect(shown().match(/"range":"here"/g)).toHaveLength(1);
    await adapter.edit?.({ ...message, post: first });
    expect(shown()).not.toContain('here');
  });

  it('is refused, and says why, where the account does not allow it any more, or nobody has the address', async () => {
    const forbidden = await rejection(post('Disk full', { here: true }, { users: true }));
    expect(forbidden).toMatchObject({ outcome: 'permanent', reason: 'content_rejected' });
    expect(forbidden.message).toContain('mentions: { here: true }');
    const nobody = await rejection(post('Disk full', { users: ['nobody@example.com'] }));
    expect(nobody).toMatchObject({ outcome: 'permanent', reason: 'content_rejected' });
    expect(nobody.message).toContain('content.mentions.users.0');
    expect(sandbox.posts()).toEqual([]);
  });

  it('never mentions anyone by its text, whatever the account allows', async () => {
    const markup = fc.constantFrom(
      ...['<!here>', '<!channel>', '<!everyone>', '<@U0ANA0001>', '<!subteam^S0123ABC>'],
      ...[
        '@here',
        '@channel',
        '<#C0123ABC>',
        '\\<!here>',
        '`<!here>`',
        '[x](<!here>)',
        '&lt;!here&gt;',
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(markup, { minLength: 1, maxLength: 5 }), async (words) => {
        await post(words.join(' '), undefined);
        await post(words.join('\n\n'), undefined);
      }),
      { numRuns: 10 },
    );
    const contents = sandbox
      .posts()
      .map(({ content }) => content as { blocks?: unknown; text: string });
    expect(JSON.stringify(contents.map(({ blocks }) => blocks))).not.toMatch(
      /"type":"(?:broadcast|user|usergroup|channel)"/,
    );
    for (const { text } of contents) expect(text).not.toMatch(/<[!@#]/);
  });
});
