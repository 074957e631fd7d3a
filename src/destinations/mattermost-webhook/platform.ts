import type { Platform } from '../destination.js';
import { LARGEST_POST } from '../mattermost/account.js';
import { webhookCanMention } from '../mattermost/mentions.js';
import { checkWebhookName, webhookNamePattern } from '../namedWebhooks.js';
import {
  mattermostWebhookAccountFromEnvironment,
  mattermostWebhookAccountSchema,
  type MattermostWebhookAccount,
} from './account.js';
import { createMattermostWebhookAdapter } from './adapter.js';

export const mattermostWebhook: Platform<MattermostWebhookAccount> = {
  name: 'mattermost-webhook',
  destinationForm: 'mattermost-webhook:<account>/<webhook name>',
  // As of the bot.
  limits: { perDestination: 5, perAccount: 8 },
  capabilities: (account) => ({
    search: false,
    edit: false,
    thread: false,
    ownIdempotency: false,
    mentions: ['here', 'channel'],
    names: [],
    length: { limit: account?.maxPostSize ?? LARGEST_POST, unit: 'characters', posts: 1 },
  }),
  credentials: 'destination',
  accountSchema: mattermostWebhookAccountSchema,
  accountFromEnvironment: mattermostWebhookAccountFromEnvironment,
  pathPattern: webhookNamePattern,
  canMention: webhookCanMention,
  checkPath: checkWebhookName,
  createAdapter: createMattermostWebhookAdapter,
};
