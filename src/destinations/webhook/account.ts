import { z } from 'zod';
import { addressRangeSchema } from '../../http/addressRangeSchema.js';
import { readVariables } from '../../lib/environment.js';
import { secret } from '../../lib/secret.js';
import { accountPolicyFields } from '../accountPolicy.js';

const receiverSchema = z.strictObject({
  /** The URL is a secret, since some have a token in them. */
  url: secret,
  /** whsec_ and 24 to 64 random bytes in base64; of a list, each signs. */
  secret: z.union([secret, z.array(secret).min(1).max(5)]),
});
export type WebhookReceiver = z.infer<typeof receiverSchema>;

export const webhookAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The receivers, by the names that destinations use for them. */
  webhooks: z
    .record(
      z.string().regex(/^[A-Za-z0-9_.-]+$/, 'may have letters, digits, _ . and -'),
      receiverSchema,
    )
    .refine((webhooks) => Object.keys(webhooks).length > 0, {
      error: 'must name at least one webhook',
    }),
  /** Private addresses that may be called all the same: single ones or ranges. */
  allowPrivate: z.array(addressRangeSchema).default([]),
});
export type WebhookAccount = z.infer<typeof webhookAccountSchema>;

export function webhookAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const variables = readVariables(environment, [
    'WEBHOOK_ALLOW_PRIVATE',
    'WEBHOOK_SECRET',
    'WEBHOOK_URL',
  ]);
  if (variables.WEBHOOK_URL === undefined) return undefined;
  const receiver = { url: { env: 'WEBHOOK_URL' }, secret: { env: 'WEBHOOK_SECRET' } };
  const { WEBHOOK_ALLOW_PRIVATE: allowPrivate } = variables;
  return { webhooks: { default: receiver }, ...(allowPrivate && { allowPrivate }) };
}
