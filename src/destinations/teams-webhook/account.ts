import { z } from 'zod';
import { accountPolicyFields } from '../accountPolicy.js';
import { readVariables } from '../../lib/environment.js';
import { secret } from '../../lib/secret.js';

export const teamsWebhookAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The URLs, which are secrets, by the names that destinations use for them. */
  webhooks: z
    .record(z.string().regex(/^[A-Za-z0-9_.-]+$/, 'may have letters, digits, _ . and -'), secret)
    .refine((webhooks) => Object.keys(webhooks).length > 0, {
      error: 'must name at least one webhook',
    }),
});
export type TeamsWebhookAccount = z.infer<typeof teamsWebhookAccountSchema>;

export function teamsWebhookAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  if (readVariables(environment, ['TEAMS_WEBHOOK_URL']).TEAMS_WEBHOOK_URL === undefined) {
    return undefined;
  }
  return { webhooks: { default: { env: 'TEAMS_WEBHOOK_URL' } } };
}
