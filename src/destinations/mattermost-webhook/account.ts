import { z } from 'zod';
import { readVariables } from '../../lib/environment.js';
import { accountPolicyFields } from '../accountPolicy.js';
import { postSize } from '../mattermost/account.js';
import { namedWebhooks } from '../namedWebhooks.js';

export const mattermostWebhookAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The URLs, which are secrets, by the names that destinations use for them. */
  webhooks: namedWebhooks,
  maxPostSize: postSize,
});
export type MattermostWebhookAccount = z.infer<typeof mattermostWebhookAccountSchema>;

export function mattermostWebhookAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const { MATTERMOST_WEBHOOK_URL } = readVariables(environment, ['MATTERMOST_WEBHOOK_URL']);
  return MATTERMOST_WEBHOOK_URL === undefined
    ? undefined
    : { webhooks: { default: { env: 'MATTERMOST_WEBHOOK_URL' } } };
}
