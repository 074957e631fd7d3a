/** Discord and Mattermost, as bots and through webhooks: from the request to the post, and what becomes of each kind of failure. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  DISCORD_TOKEN,
  DISCORD_WEBHOOK_TOKEN,
  discordWebhookUrl,
} from '../../src/sandbox/discord/credentials.js';
import { SEEDED_CHANNEL } from '../../src/sandbox/discord/places.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import {
  MATTERMOST_TOKEN,
  mattermostWebhookUrl,
} from '../../src/sandbox/mattermost/credentials.js';
import { SEEDED_MATTERMOST_CHANNEL } from '../../src/sandbox/mattermost/places.js';
import type { FaultInput } from '../../src/sandbox/sandbox.js';
import { startHarness, WITHOUT_ENCRYPTION, type Harness } from '../harness.js';

interface ChatPlatform {
  destination: string;
  /** The sandbox's. */
  platform: 'discord' | 'mattermost';
  /** The sandbox's, of a post. */
  operation: string;
  /** A webhook's posts can't be found again: the outcome of an attempt stays unknown. */
  isBot: boolean;
  /** Of a receipt. */
  knowsItsPost: boolean;
  refusal: { status: number; code: string; reason: string; remedy: string };
  /** How the second message of a conversation is shown. */
  second: 'edit' | 'follow_up';
}

const NO_CHANNEL = {
  status: 404,
  code: '10003',
  reason: 'destination_not_found',
  remedy: 'check the id of the channel',
};

const PLATFORMS: ChatPlatform[] = [
  {
    destination: `discord:default/${SEEDED_CHANNEL}`,
    platform: 'discord',
    operation: 'createMessage',
    isBot: true,
    knowsItsPost: true,
    refusal: NO_CHANNEL,
    second: 'edit',
  },
  {
    destination: 'discord-webhook:default/ops',
    platform: 'discord',
    operation: 'executeWebhook',
    isBot: false,
    knowsItsPost: true,
    refusal: {
      ...NO_CHANNEL,
      code: '10015',
      remedy: 'create another one',
    },
    second: 'edit',
  },
  {
    destination: `mattermost:default/${SEEDED_MATTERMOST_CHANNEL}`,
    platform: 'mattermost',
    operation: 'createPost',
    isBot: true,
    knowsItsPost: true,
    refusal: {
      status: 403,
      code: 'api.context.permissions.app_error',
      reason: 'not_authorised',
      remedy: 'add the bot to its team and to the channel',
    },
    second: 'edit',
  },
  {
    destination: 'mattermost-webhook:default/ops',
    platform: 'mattermost',
    operation: 'executeWebhook',
    isBot: false,
    knowsItsPost: false,
    refusal: {
      status: 400,
      code: 'web.incoming_webhook.invalid.app_error',
      reason: 'destination_not_found',
      remedy: 'create another one',
    },
    second: 'follow_up',
  },
];

const directory = mkdtempSync(join(tmpdir(), 'sendproof-chats-'));
const logged: string[] = [];
const log = pino(
  { level: 'trace' },
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString());
      done();
    },
  }),
);

function secretFile(name: string, value: string): { file: string } {
  const file = join(directory, name);
  writeFileSync(file, value);
  return { file };
}

let harness: Harness;
beforeAll(async () => {
  const common = { limits: { perDestination: 'off', perAccount: 'off' }, requestTimeout: '1s' };
  harness = await startHarness({
    log,
    settings: WITHOUT_ENCRYPTION,
    sandboxSettings: ({ url }: Sandbox) => ({
      accounts: {
        discord: {
          default: { ...common, apiUrl: url, token: secretFile('discord', DISCORD_TOKEN) },
        },
        'discord-webhook': {
          default: {
            ...common,
            webhooks: { ops: secretFile('discord-url', discordWebhookUrl(url, SEEDED_CHANNEL)) },
          },
        },
        mattermost: {
          default: { ...common, url, token: secretFile('mattermost', MATTERMOST_TOKEN) },
        },
        'mattermost-webhook': {
          default: {
            ...common,
            webhooks: {
              ops: secretFile(
                'mattermost-url',
                mattermostWebhookUrl(url, SEEDED_MATTERMOST_CHANNEL),
              ),
            },
          },
        },
      },
    }),
  });
});
afterAll(async () => {
  await harness.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => harness.sandbox.clearFaults());

const secretsIn = (text: string): string[] =>
  [DISCORD_TOKEN, DISCORD_WEBHOOK_TOKEN, MATTERMOST_TOKEN, 'sandboxhook', '/hooks/'].filter(
    (secret) => text.includes(secret),
  );

/** On all four at once, so that the test takes no longer than one of them. */
const onEach = (test: (chat: Chat) => Promise<void>) => Promise.all(CHATS.map(test));

class Chat {
  readonly keys: string[] = [];
  readonly is: ChatPlatform;

  constructor(is: ChatPlatform) {
    this.is = is;
  }

  async send(name: string, more: object = {}): Promise<string> {
    const { destination } = this.is;
    const key = `${destination.split(':')[0] ?? ''}/${name}`;
    this.keys.push(key);
    const content = { text: `${key} is **full**`, title: 'Disk', severity: 'critical' };
    const message = { deduplicationKey: key, destinations: [destination], content, ...more };
    expect((await harness.send(message)).status).toBe(202);
    return key;
  }

  /** Strikes one post. */
  fault(more: object): void {
    const { operation, platform } = this.is;
    harness.sandbox.addFault({ platform, operation, times: 1, ...more } as FaultInput);
  }

  shown(key: string) {
    return harness.sandbox.posts().filter(({ text }) => text.includes(`${key} is`));
  }
}
const CHATS = PLATFORMS.map((platform) => new Chat(platform));

it('shows a message once, and has the receipt of its post', async () => {
  await onEach(async (chat) => {
    const key = await chat.send('first');
    const { deliveries } = await harness.waitForStatus(key, 'confirmed');
    const [post, ...others] = chat.shown(key);
    expect(others).toEqual([]);
    expect(post?.text).toContain('🚨 Critical: Disk');
    expect(deliveries[0]?.receipt?.messageId).toBe(chat.is.knowsItsPost ? post?.id : undefined);
    const page = await (await fetch(harness.sandbox.url)).text();
    expect(page).toContain(`${key} is <strong>full</strong>`);
  });
});

it('makes one post of an attempt whose answer is lost, and says what is known of it', async () => {
  const lost = [{ kind: 'reset' }, { kind: 'timeout' }, { kind: 'garbage' }];
  await onEach(async (chat) => {
    const faults = [...lost, { kind: 'http_error', status: 502 }];
    for (const fault of faults) chat.fault({ ...fault, when: 'after' });
    const sent = faults.map((_, index) =>
      chat.send(`lost-${index}`, { onAmbiguous: 'dead_letter' }),
    );
    for (const key of await Promise.all(sent)) {
      const status = chat.is.isBot ? 'confirmed' : 'dead_lettered';
      const { deliveries, explanation } = await harness.waitForStatus(key, status);
      const [post, ...others] = chat.shown(key);
      expect(others).toEqual([]);
      expect(deliveries[0]?.attempts[0]).toMatchObject({ outcome: 'ambiguous' });
      if (chat.is.isBot) {
        expect(deliveries[0]?.receipt?.messageId).toBe(post?.id);
      } else {
        expect(post).toBeDefined();
        expect(deliveries[0]).toMatchObject({ reason: 'outcome_unknown' });
        expect(explanation).toContain('it is unknown whether attempt 1 posted it');
        expect(explanation).toContain('Look in the channel');
      }
    }
  });
});

it('waits as long as a platform asks for', async () => {
  await onEach(async (chat) => {
    chat.fault({ kind: 'rate_limited', retryAfter: '1' });
    const key = await chat.send('limited');
    const { deliveries } = await harness.waitForStatus(key, 'confirmed');
    expect(deliveries[0]?.attempts).toMatchObject([
      { outcome: 'transient', reason: 'rate_limited', retryAfterMs: 1_000, httpStatus: 429 },
      { outcome: 'delivered' },
    ]);
    expect(chat.shown(key)).toHaveLength(1);
  });
});

it('makes a dead letter of what is refused, which names the remedy', async () => {
  await onEach(async (chat) => {
    const { code, reason, remedy, status } = chat.is.refusal;
    chat.fault({ kind: 'platform_error', status, code });
    const key = await chat.send('refused');
    const { deliveries } = await harness.waitForStatus(key, 'dead_lettered');
    expect(deliveries[0]).toMatchObject({
      reason,
      attempts: [{ outcome: 'permanent', httpStatus: status, platformCode: code }],
    });
    expect(deliveries[0]?.detail).toContain(remedy);
    expect(chat.shown(key)).toEqual([]);
  });
});

it('edits the post of a conversation, and posts again where it is gone or can’t be edited', async () => {
  await onEach(async (chat) => {
    const { destination, platform, second } = chat.is;
    const say = async (name: string) => {
      const key = await chat.send(name, { conversation: { key: destination } });
      const { deliveries } = await harness.waitForStatus(key, 'confirmed');
      return { key, shown: deliveries[0]?.receipt?.conversation };
    };
    const triggered = await say('triggered');
    const resolved = await say('resolved');
    expect(resolved.shown).toEqual({ role: second, of: triggered.key });
    expect(chat.shown(triggered.key)).toHaveLength(second === 'edit' ? 0 : 1);
    const [post] = chat.shown(resolved.key);
    harness.sandbox.deletePost({ platform, path: post?.path ?? '', id: post?.id ?? '' });
    const again = await say('triggered again');
    expect(again.shown).toMatchObject(
      second === 'edit' ? { role: 'root', because: 'post_deleted' } : { role: second },
    );
    expect(chat.shown(again.key)).toHaveLength(1);
  });
});

it('keeps its secrets out of logs, answers, pages and histories', async () => {
  for (const key of CHATS.flatMap(({ keys }) => keys)) {
    const name = encodeURIComponent(key);
    const said = [`/v1/messages/${name}`, `/v1/messages/${name}/timeline`, `/messages/${name}`].map(
      async (path) => JSON.stringify((await harness.request('GET', path)).body),
    );
    const history = JSON.stringify(
      await harness.client.workflow.getHandle(key).fetchHistory(),
    ).replace(/"data":"([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString());
    expect(history).toContain(`${key} is`);
    expect(secretsIn((await Promise.all(said)).join() + history)).toEqual([]);
    expect(logged.join()).toContain(key);
  }
  expect(secretsIn(logged.join())).toEqual([]);
});
