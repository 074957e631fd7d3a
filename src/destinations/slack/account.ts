import { join } from 'node:path';
import { z } from 'zod';
import { accountPolicyFields } from '../accountPolicy.js';
import { readVariables } from '../../lib/environment.js';
import { secret } from '../../lib/secret.js';

/**
 * How a text is shown that is too long for one post. `parts`: in several posts, the first of which has the others in its thread.
 * `shorten`: its beginning, with a link to the whole.
 */
const longMessages = z.enum(['parts', 'shorten'], 'must be "parts" or "shorten"');

/** An app with token rotation: https://docs.slack.dev/authentication/using-token-rotation */
const rotationSchema = z.strictObject({
  /** The app's client id and client secret, from its page “Basic Information”. */
  clientId: secret,
  clientSecret: secret,
  /** The bot's refresh token of the installation. Used once; later ones are in `tokenCache`. */
  refreshToken: secret,
  /** The file that keeps the newest tokens; written with mode 0600. By default in the data directory. */
  tokenCache: z.string().min(1, 'must not be empty').optional(),
});

export const slackAccountSchema = z
  .strictObject({
    ...accountPolicyFields,
    /** A bot token with the scopes of docs/how-to/connect/slack.md, which does not expire. */
    token: secret.optional(),
    /** How tokens that expire are renewed. */
    rotation: rotationSchema.optional(),
    /** Slack's Web API, or any server that speaks it. */
    apiUrl: z.url().default('https://slack.com/api/'),
    longMessages: longMessages.default('parts'),
  })
  .refine(({ token, rotation }) => token ?? rotation, {
    path: ['token'],
    error:
      'must be { env: NAME } or { file: PATH }; an app with token rotation has "rotation" instead',
  })
  .refine(({ token, rotation }) => !(token && rotation), {
    path: ['rotation'],
    error: 'can’t be used together with "token": keep one of the two',
  });
export type SlackAccount = z.infer<typeof slackAccountSchema>;
export type SlackRotation = z.infer<typeof rotationSchema>;

/** The account, with its token cache in the data directory unless its settings name another file. */
export function withTokenCache(
  account: SlackAccount,
  { name, dataDirectory }: { name: string; dataDirectory: string },
): SlackAccount {
  const { rotation } = account;
  if (!rotation || rotation.tokenCache !== undefined) return account;
  const tokenCache = join(dataDirectory, `slack-${name}-token-cache.json`);
  return { ...account, rotation: { ...rotation, tokenCache } };
}

export function slackAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const { SLACK_BOT_TOKEN: token, SLACK_API_URL: apiUrl } = readVariables(environment, [
    'SLACK_BOT_TOKEN',
    'SLACK_API_URL',
  ]);
  if (token === undefined) return undefined;
  return { token: { env: 'SLACK_BOT_TOKEN' }, ...(apiUrl !== undefined && { apiUrl }) };
}
