import { z } from 'zod';
import { readVariables } from '../../lib/environment.js';
import { accountPolicyFields } from '../accountPolicy.js';
import { namedWebhooks } from '../namedWebhooks.js';

export const discordWebhookAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The URLs, which are secrets, by the names that destinations use for them. */
  webhooks: namedWebhooks,
});
export type DiscordWebhookAccount = z.infer<typeof discordWebhookAccountSchema>;

export function discordWebhookAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  return readVariables(environment, ['DISCORD_WEBHOOK_URL']).DISCORD_WEBHOOK_URL === undefined
    ? undefined
    : { webhooks: { default: { env: 'DISCORD_WEBHOOK_URL' } } };
}
