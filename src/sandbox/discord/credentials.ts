/** What the sandbox's Discord accepts. */
import { DiscordRefusal, unauthorised } from './errors.js';

export const DISCORD_TOKEN = 'sandbox-discord-token';
/** In the URL of every webhook. */
export const DISCORD_WEBHOOK_TOKEN = 'sandbox-discord-webhook-token';

/** The ids of the bot and of its application. */
export const BOT_ID = '1100000000000000001';

/** The URL of a webhook of a channel. */
export function discordWebhookUrl(sandboxUrl: string, channel: string): string {
  return `${sandboxUrl}/api/webhooks/${channel}/${DISCORD_WEBHOOK_TOKEN}`;
}

/** @throws DiscordRefusal */
export function authoriseBot(authorization: string | undefined): void {
  if (authorization !== `Bot ${DISCORD_TOKEN}`) throw unauthorised();
}

/** @throws DiscordRefusal */
export function authoriseWebhook(token: string): void {
  if (token !== DISCORD_WEBHOOK_TOKEN) {
    throw new DiscordRefusal(401, 50027, 'Invalid Webhook Token');
  }
}
