/** The accounts that the sandbox simulates, because no real ones are configured. */
import { findAccount, type Configuration } from '../config/configuration.js';
import { accountId } from '../domain/account.js';
import { DISCORD_TOKEN, discordWebhookUrl } from '../sandbox/discord/credentials.js';
import { SEEDED_CHANNEL } from '../sandbox/discord/places.js';
import { SEEDED_SPACE } from '../sandbox/googleChat/places.js';
import { SEEDED_TEAM } from '../sandbox/graph/places.js';
import { MATTERMOST_TOKEN, mattermostWebhookUrl } from '../sandbox/mattermost/credentials.js';
import { SEEDED_MATTERMOST_CHANNEL } from '../sandbox/mattermost/places.js';
import type { Sandbox } from '../sandbox/interface.js';
import { own } from '../lib/own.js';

interface SandboxAccount {
  /** One that exists in every new sandbox. */
  destination: string;
  /** The environment variables that make the sandbox simulate the account. */
  variables: (sandbox: Sandbox) => Record<string, string>;
}

/** The account `default` of each platform that the sandbox simulates. */
const ACCOUNTS = {
  slack: {
    destination: 'slack:default/C0123ABC',
    variables: (sandbox) => ({
      SLACK_BOT_TOKEN: sandbox.slackToken,
      SLACK_API_URL: sandbox.slackApiUrl,
    }),
  },
  teams: {
    destination: `teams:default/${SEEDED_TEAM}/19:incidents@thread.tacv2`,
    variables: (sandbox) => ({
      GRAPH_ACCESS_TOKEN: sandbox.graphToken,
      GRAPH_BASE_URL: sandbox.graphBaseUrl,
    }),
  },
  'teams-webhook': {
    destination: 'teams-webhook:default/default',
    variables: (sandbox) => ({ TEAMS_WEBHOOK_URL: sandbox.webhookUrl('incidents') }),
  },
  'google-chat': {
    destination: `google-chat:default/${SEEDED_SPACE}`,
    variables: (sandbox) => ({
      GOOGLE_CHAT_SERVICE_ACCOUNT: sandbox.googleServiceAccount,
      GOOGLE_CHAT_API_URL: sandbox.googleChatApiUrl,
    }),
  },
  'google-chat-webhook': {
    destination: 'google-chat-webhook:default/default',
    variables: (sandbox) => ({
      GOOGLE_CHAT_WEBHOOK_URL: sandbox.googleChatWebhookUrl(SEEDED_SPACE),
    }),
  },
  webhook: {
    destination: 'webhook:default/default',
    variables: (sandbox) => ({
      WEBHOOK_URL: sandbox.receiverUrl('status'),
      WEBHOOK_SECRET: sandbox.receiverSecret,
      // The sandbox is on this machine.
      WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8,::1',
    }),
  },
  discord: {
    destination: `discord:default/${SEEDED_CHANNEL}`,
    variables: ({ url }) => ({ DISCORD_BOT_TOKEN: DISCORD_TOKEN, DISCORD_API_URL: url }),
  },
  'discord-webhook': {
    destination: 'discord-webhook:default/default',
    variables: ({ url }) => ({ DISCORD_WEBHOOK_URL: discordWebhookUrl(url, SEEDED_CHANNEL) }),
  },
  mattermost: {
    destination: `mattermost:default/${SEEDED_MATTERMOST_CHANNEL}`,
    variables: ({ url }) => ({ MATTERMOST_URL: url, MATTERMOST_TOKEN }),
  },
  'mattermost-webhook': {
    destination: 'mattermost-webhook:default/default',
    variables: ({ url }) => ({
      MATTERMOST_WEBHOOK_URL: mattermostWebhookUrl(url, SEEDED_MATTERMOST_CHANNEL),
    }),
  },
} as const satisfies Record<string, SandboxAccount>;

export type SandboxedPlatform = keyof typeof ACCOUNTS;

const SANDBOXED = Object.keys(ACCOUNTS) as SandboxedPlatform[];

/** The accounts that exist under `npm start`, configured or not. */
export const SANDBOX_ACCOUNTS = SANDBOXED.map((platform) =>
  accountId({ platform, account: 'default' }),
);

export function isSandboxed(platform: string): platform is SandboxedPlatform {
  return Object.hasOwn(ACCOUNTS, platform);
}

/** The platforms whose account `default` isn't configured. */
export function platformsWithoutAccount(configuration: Configuration): SandboxedPlatform[] {
  return SANDBOXED.filter(
    (platform) =>
      findAccount(configuration, accountId({ platform, account: 'default' })) === undefined,
  );
}

/**
 * The environment variables that make the sandbox simulate these platforms' account `default`. A variable that is already
 * set, such as SLACK_API_URL to another server, is left out.
 */
export function sandboxVariables(
  sandbox: Sandbox,
  platforms: readonly SandboxedPlatform[],
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  const needed = platforms.flatMap((platform) =>
    Object.entries<string>(ACCOUNTS[platform].variables(sandbox)),
  );
  return Object.fromEntries(needed.filter(([name]) => !own(environment, name)));
}

/** A destination to try: one in the sandbox if it simulates the platform, otherwise one with placeholders. */
export function destinationToTry(
  platform: 'slack' | 'teams',
  sandboxed: readonly SandboxedPlatform[],
): string {
  if (sandboxed.includes(platform)) return ACCOUNTS[platform].destination;
  return platform === 'slack'
    ? 'slack:default/<channel id>'
    : 'teams:default/<team id>/<channel id>';
}
