import { z } from 'zod';
import { accountPolicyFields } from '../accountPolicy.js';
import { readVariables } from '../../lib/environment.js';
import { namedWebhooks } from '../namedWebhooks.js';

export const googleChatWebhookAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The URLs, which are secrets, by the names that destinations use for them. */
  webhooks: namedWebhooks,
});
export type GoogleChatWebhookAccount = z.infer<typeof googleChatWebhookAccountSchema>;

export function googleChatWebhookAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const { GOOGLE_CHAT_WEBHOOK_URL } = readVariables(environment, ['GOOGLE_CHAT_WEBHOOK_URL']);
  return GOOGLE_CHAT_WEBHOOK_URL === undefined
    ? undefined
    : { webhooks: { default: { env: 'GOOGLE_CHAT_WEBHOOK_URL' } } };
}
