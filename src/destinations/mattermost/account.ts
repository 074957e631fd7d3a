import { z } from 'zod';
import { readVariables } from '../../lib/environment.js';
import { secret } from '../../lib/secret.js';
import { accountPolicyFields } from '../accountPolicy.js';

/** Of a post, in characters: the largest that a server allows since Mattermost 5. */
export const LARGEST_POST = 16_383;

/** The largest post that the server takes, in characters. An old database has 4,000. */
export const postSize = z.int().min(1_000).max(LARGEST_POST).default(LARGEST_POST);

export const mattermostAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The server's address, with its path where it has one. */
  url: z.url(),
  /** The access token of the bot. */
  token: secret,
  maxPostSize: postSize,
});
export type MattermostAccount = z.infer<typeof mattermostAccountSchema>;

export function mattermostAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const { MATTERMOST_TOKEN, MATTERMOST_URL: url } = readVariables(environment, [
    'MATTERMOST_TOKEN',
    'MATTERMOST_URL',
  ]);
  if (MATTERMOST_TOKEN === undefined || url === undefined) return undefined;
  return { url, token: { env: 'MATTERMOST_TOKEN' } };
}
