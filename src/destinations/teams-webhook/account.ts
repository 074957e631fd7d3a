import { z } from 'zod';
import { accountPolicyFields } from '../accountPolicy.js';
import { readVariables } from '../../lib/environment.js';
import { namedWebhooks } from '../namedWebhooks.js';

export const teamsWebhookAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The URLs, which are secrets, by the names that destinations use for them. */
  webhooks: namedWebhooks,
});
export type TeamsWebhookAccount = z.infer<typeof teamsWebhookAccountSchema>;

export function teamsWebhookAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  if (readVariables(environment, ['TEAMS_WEBHOOK_URL']).TEAMS_WEBHOOK_URL === undefined) {
    return undefined;
  }
  return { webhooks: { default: { env: 'TEAMS_WEBHOOK_URL' } } };
}
