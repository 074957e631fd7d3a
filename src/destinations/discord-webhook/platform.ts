import type { Platform } from '../destination.js';
import { canMention } from '../discord/mentions.js';
import { DESCRIPTION_LIMIT } from '../discord/render.js';
import { checkWebhookName, webhookNamePattern } from '../namedWebhooks.js';
import {
  discordWebhookAccountFromEnvironment,
  discordWebhookAccountSchema,
  type DiscordWebhookAccount,
} from './account.js';
import { createDiscordWebhookAdapter } from './adapter.js';

export const discordWebhook: Platform<DiscordWebhookAccount> = {
  name: 'discord-webhook',
  destinationForm: 'discord-webhook:<account>/<webhook name>',
  // Discord publishes none: it is said to take 30 posts a minute from the webhooks of a channel. Its answers say what is left.
  limits: { perDestination: 0.5, perAccount: 40 },
  capabilities: () => ({
    // A webhook reads only the posts whose ids it knows.
    search: false,
    edit: true,
    thread: false,
    ownIdempotency: false,
    mentions: ['users', 'groups', 'here', 'channel'],
    names: [],
    length: { limit: DESCRIPTION_LIMIT, unit: 'characters', posts: 1 },
  }),
  credentials: 'destination',
  accountSchema: discordWebhookAccountSchema,
  accountFromEnvironment: discordWebhookAccountFromEnvironment,
  pathPattern: webhookNamePattern,
  canMention,
  checkPath: checkWebhookName,
  createAdapter: createDiscordWebhookAdapter,
};
