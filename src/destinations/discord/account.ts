import { z } from 'zod';
import { readVariables } from '../../lib/environment.js';
import { secret } from '../../lib/secret.js';
import { accountPolicyFields } from '../accountPolicy.js';

export const discordAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The bot's token, without the word Bot. */
  token: secret,
  /** Discord, or any server that speaks its API; without `/api`. */
  apiUrl: z.url().default('https://discord.com'),
});
export type DiscordAccount = z.infer<typeof discordAccountSchema>;

export function discordAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const { DISCORD_API_URL: apiUrl, DISCORD_BOT_TOKEN } = readVariables(environment, [
    'DISCORD_API_URL',
    'DISCORD_BOT_TOKEN',
  ]);
  return (
    DISCORD_BOT_TOKEN && {
      token: { env: 'DISCORD_BOT_TOKEN' },
      ...(apiUrl !== undefined && { apiUrl }),
    }
  );
}
