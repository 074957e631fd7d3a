/** Runs the sandbox alone, on `SANDBOX_PORT`. */
import { readVariables } from '../lib/environment.js';
import { createLogger } from '../lib/log.js';
import { runMain, stopSignal } from '../lib/process.js';
import { DISCORD_TOKEN, discordWebhookUrl } from './discord/credentials.js';
import { SEEDED_CHANNEL } from './discord/places.js';
import { SEEDED_SPACE } from './googleChat/places.js';
import { MATTERMOST_TOKEN, mattermostWebhookUrl } from './mattermost/credentials.js';
import { SEEDED_MATTERMOST_CHANNEL } from './mattermost/places.js';
import { startSandbox } from './sandbox.js';
import { portError } from '../lib/ports.js';
import type { Sandbox } from './interface.js';

const DEFAULT_PORT = 4010;

await runMain(createLogger('sandbox', process.env), async () => {
  const sandbox = await start();
  console.log(addresses(sandbox));
  await stopSignal();
  await sandbox.close();
});

async function start(): Promise<Sandbox> {
  const { SANDBOX_PORT: port = DEFAULT_PORT, SENDPROOF_ALLOWED_HOSTS: allowedHosts = [] } =
    readVariables(process.env);
  try {
    return await startSandbox({ port, allowedHosts });
  } catch (error) {
    throw portError({ port, purpose: 'the sandbox', variable: 'SANDBOX_PORT' }, error);
  }
}

function addresses(sandbox: Sandbox): string {
  return [
    `The channels:      ${sandbox.url}/`,
    `Slack's Web API:   ${sandbox.slackApiUrl} (token ${sandbox.slackToken})`,
    `Microsoft Graph:   ${sandbox.graphBaseUrl}/v1.0 (token ${sandbox.graphToken})`,
    `Google Chat:       ${sandbox.googleChatApiUrl} (webhook ${sandbox.googleChatWebhookUrl(SEEDED_SPACE)})`,
    `Discord:           ${sandbox.url} (token ${DISCORD_TOKEN}, webhook ${discordWebhookUrl(sandbox.url, SEEDED_CHANNEL)})`,
    `Mattermost:        ${sandbox.url} (token ${MATTERMOST_TOKEN}, webhook ${mattermostWebhookUrl(sandbox.url, SEEDED_MATTERMOST_CHANNEL)})`,
    `Workflows webhook: ${sandbox.webhookUrl('incidents')}`,
  ].join('\n');
}
