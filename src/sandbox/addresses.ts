/** What a program needs to reach a sandbox: for each platform, the address and the credentials for its SDK. */
import { DISCORD_TOKEN, discordWebhookUrl } from './discord/credentials.js';
import { SEEDED_CHANNEL } from './discord/places.js';
import { SEEDED_SPACE } from './googleChat/places.js';
import type { Sandbox } from './interface.js';
import { MATTERMOST_TOKEN, mattermostWebhookUrl } from './mattermost/credentials.js';
import { SEEDED_MATTERMOST_CHANNEL } from './mattermost/places.js';

/** No credential here is a secret: the sandbox holds no real messages. */
export interface SandboxAddresses {
  /** The page, without a slash at the end; `/control/faults` and the rest of its control are below it. */
  url: string;
  slack: { apiUrl: string; token: string };
  /** The SDK adds `/v1.0` to `baseUrl`. */
  graph: { baseUrl: string; token: string };
  teamsWebhook: { url: string };
  /** `serviceAccount` is the content of a key file, whose key is new in each process. */
  googleChat: { apiUrl: string; serviceAccount: string; webhookUrl: string };
  discord: { url: string; token: string; webhookUrl: string };
  mattermost: { url: string; token: string; webhookUrl: string };
  /** A receiver of signed webhooks, and the secret that it verifies them with. */
  receiver: { url: string; secret: string };
  pagerDuty: { apiUrl: string; token: string };
}

export function addressesOf(sandbox: Sandbox): SandboxAddresses {
  const { url } = sandbox;
  return {
    url,
    slack: { apiUrl: sandbox.slackApiUrl, token: sandbox.slackToken },
    graph: { baseUrl: sandbox.graphBaseUrl, token: sandbox.graphToken },
    teamsWebhook: { url: sandbox.webhookUrl('incidents') },
    googleChat: {
      apiUrl: sandbox.googleChatApiUrl,
      serviceAccount: sandbox.googleServiceAccount,
      webhookUrl: sandbox.googleChatWebhookUrl(SEEDED_SPACE),
    },
    discord: {
      url,
      token: DISCORD_TOKEN,
      webhookUrl: discordWebhookUrl(url, SEEDED_CHANNEL),
    },
    mattermost: {
      url,
      token: MATTERMOST_TOKEN,
      webhookUrl: mattermostWebhookUrl(url, SEEDED_MATTERMOST_CHANNEL),
    },
    receiver: { url: sandbox.receiverUrl('status'), secret: sandbox.receiverSecret },
    pagerDuty: { apiUrl: sandbox.pagerDutyApiUrl, token: sandbox.pagerDutyToken },
  };
}

/** The same for people, with one line for each platform. */
export function renderAddresses(addresses: SandboxAddresses): string {
  const { discord, googleChat, graph, mattermost, pagerDuty, receiver, slack, teamsWebhook, url } =
    addresses;
  return [
    `The channels:      ${url}/`,
    `Slack's Web API:   ${slack.apiUrl} (token ${slack.token})`,
    `Microsoft Graph:   ${graph.baseUrl}/v1.0 (token ${graph.token})`,
    `Google Chat:       ${googleChat.apiUrl} (webhook ${googleChat.webhookUrl})`,
    `Discord:           ${discord.url} (token ${discord.token}, webhook ${discord.webhookUrl})`,
    `Mattermost:        ${mattermost.url} (token ${mattermost.token}, webhook ${mattermost.webhookUrl})`,
    `Workflows webhook: ${teamsWebhook.url}`,
    `Signed webhooks:   ${receiver.url} (secret ${receiver.secret})`,
    `PagerDuty:         ${pagerDuty.apiUrl} (token ${pagerDuty.token})`,
  ].join('\n');
}
