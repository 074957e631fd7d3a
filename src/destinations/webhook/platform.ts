import type { Platform } from '../destination.js';
import { checkWebhookName, webhookNamePattern } from '../namedWebhooks.js';
import {
  webhookAccountFromEnvironment,
  webhookAccountSchema,
  type WebhookAccount,
} from './account.js';
import { createWebhookAdapter } from './adapter.js';

/** Any receiver of JSON, by the Standard Webhooks specification. */
export const webhook: Platform<WebhookAccount> = {
  name: 'webhook',
  destinationForm: 'webhook:<account>/<webhook name>',
  // No rate is known of a receiver: it may ask to slow down by 429.
  limits: { perDestination: 10, perAccount: 50 },
  capabilities: () => ({
    search: false,
    edit: false,
    thread: false,
    // The receiver knows a repeated request by its webhook-id: whether it makes use of that is unknown.
    ownIdempotency: false,
    mentions: [],
    names: [],
    length: { limit: 128 * 1024, unit: 'bytes', posts: 1 },
  }),
  credentials: 'destination',
  accountSchema: webhookAccountSchema,
  accountFromEnvironment: webhookAccountFromEnvironment,
  pathPattern: webhookNamePattern,
  checkPath: checkWebhookName,
  createAdapter: createWebhookAdapter,
};
