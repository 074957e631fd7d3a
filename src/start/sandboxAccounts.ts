/** The accounts that the sandbox simulates, because no real ones are configured. */
import { findAccount, type Configuration } from '../config/configuration.js';
import { accountId } from '../domain/account.js';
import { SEEDED_SPACE, SEEDED_TEAM } from '../sandbox/places.js';
import type { Sandbox } from '../sandbox/interface.js';
import { own } from '../lib/own.js';

/** One destination on each platform that exists in every new sandbox. */
const SEEDED_DESTINATIONS = {
  slack: 'slack:default/C0123ABC',
  teams: `teams:default/${SEEDED_TEAM}/19:incidents@thread.tacv2`,
  'teams-webhook': 'teams-webhook:default/default',
  'google-chat': `google-chat:default/${SEEDED_SPACE}`,
  'google-chat-webhook': 'google-chat-webhook:default/default',
  webhook: 'webhook:default/default',
} as const;
/** The accounts that exist under `npm start`, configured or not. */
export const SANDBOX_ACCOUNTS = Object.keys(SEEDED_DESTINATIONS).map((platform) =>
  accountId({ platform, account: 'default' }),
);

export type SandboxedPlatform = keyof typeof SEEDED_DESTINATIONS;

/** The platforms whose account `default` isn't configured. */
export function platformsWithoutAccount(configuration: Configuration): SandboxedPlatform[] {
  return (Object.keys(SEEDED_DESTINATIONS) as SandboxedPlatform[]).filter(
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
  const variables = {
    slack: { SLACK_BOT_TOKEN: sandbox.slackToken, SLACK_API_URL: sandbox.slackApiUrl },
    teams: { GRAPH_ACCESS_TOKEN: sandbox.graphToken, GRAPH_BASE_URL: sandbox.graphBaseUrl },
    'teams-webhook': { TEAMS_WEBHOOK_URL: sandbox.webhookUrl('incidents') },
    'google-chat': {
      GOOGLE_CHAT_SERVICE_ACCOUNT: sandbox.googleServiceAccount,
      GOOGLE_CHAT_API_URL: sandbox.googleChatApiUrl,
    },
    'google-chat-webhook': {
      GOOGLE_CHAT_WEBHOOK_URL: sandbox.googleChatWebhookUrl(SEEDED_SPACE),
    },
    webhook: {
      WEBHOOK_URL: sandbox.receiverUrl('status'),
      WEBHOOK_SECRET: sandbox.receiverSecret,
      // The sandbox is on this machine.
      WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8,::1',
    },
  };
  const needed = platforms.flatMap((platform) => Object.entries(variables[platform]));
  return Object.fromEntries(needed.filter(([name]) => !own(environment, name)));
}

/** A destination to try: one in the sandbox if it simulates the platform, otherwise one with placeholders. */
export function destinationToTry(
  platform: 'slack' | 'teams',
  sandboxed: readonly SandboxedPlatform[],
): string {
  if (sandboxed.includes(platform)) return SEEDED_DESTINATIONS[platform];
  return platform === 'slack'
    ? 'slack:default/<channel id>'
    : 'teams:default/<team id>/<channel id>';
}
