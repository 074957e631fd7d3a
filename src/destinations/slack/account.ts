import { z } from 'zod';
import { accountPolicyFields } from '../accountPolicy.js';
import { readVariables } from '../../lib/environment.js';
import { secret } from '../../lib/secret.js';

/**
 * How a text is shown that is too long for one post. `parts`: in several posts, the first of which has the others in its thread.
 * `shorten`: its beginning, with a link to the whole.
 */
const longMessages = z.enum(['parts', 'shorten'], 'must be "parts" or "shorten"');

export const slackAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** A bot token with the scopes of docs/destinations.md. */
  token: secret,
  /** Slack's Web API, or any server that speaks it. */
  apiUrl: z.url().default('https://slack.com/api/'),
  longMessages: longMessages.default('parts'),
});
export type SlackAccount = z.infer<typeof slackAccountSchema>;

export function slackAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const { SLACK_BOT_TOKEN: token, SLACK_API_URL: apiUrl } = readVariables(environment, [
    'SLACK_BOT_TOKEN',
    'SLACK_API_URL',
  ]);
  if (token === undefined) return undefined;
  return { token: { env: 'SLACK_BOT_TOKEN' }, ...(apiUrl !== undefined && { apiUrl }) };
}
