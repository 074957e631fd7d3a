/** The accounts that are played by the sandbox because nobody has configured real ones. */
import { findAccount, type Configuration } from '../config/configuration.js';
import { accountId } from '../domain/account.js';
import { SEEDED_TEAM } from '../sandbox/places.js';
import type { Sandbox } from '../sandbox/interface.js';

/** The places that every sandbox begins with, by platform, as destinations. */
const PLACES = {
  slack: 'slack:default/C0123ABC',
  teams: `teams:default/${SEEDED_TEAM}/19:incidents@thread.tacv2`,
  'teams-webhook': 'teams-webhook:default/default',
} as const;
export type SandboxedPlatform = keyof typeof PLACES;

/** The platforms whose account `default` isn't configured. */
export function platformsWithoutAccount(configuration: Configuration): SandboxedPlatform[] {
  return (Object.keys(PLACES) as SandboxedPlatform[]).filter(
    (platform) =>
      findAccount(configuration, accountId({ platform, account: 'default' })) === undefined,
  );
}

/**
 * What the environment lacks to have these platforms' account `default` played by the sandbox. A variable that is set,
 * as SLACK_API_URL to a server of one's own, is left as it is.
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
  };
  const wanted = platforms.flatMap((platform) => Object.entries(variables[platform]));
  return Object.fromEntries(wanted.filter(([name]) => !environment[name]));
}

/** A destination to try: in the sandbox where the platform is played by it, else for a person to fill in. */
export function destinationToTry(
  platform: 'slack' | 'teams',
  sandboxed: readonly SandboxedPlatform[],
): string {
  if (sandboxed.includes(platform)) return PLACES[platform];
  return platform === 'slack'
    ? 'slack:default/<channel id>'
    : 'teams:default/<team id>/<channel id>';
}
