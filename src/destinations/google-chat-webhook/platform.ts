import type { Platform } from '../destination.js';
import { MESSAGE_LIMIT_BYTES } from '../google-chat/render.js';
import { checkWebhookName, webhookNamePattern } from '../namedWebhooks.js';
import {
  googleChatWebhookAccountFromEnvironment,
  googleChatWebhookAccountSchema,
  type GoogleChatWebhookAccount,
} from './account.js';
import { createGoogleChatWebhookAdapter } from './adapter.js';

export const googleChatWebhook: Platform<GoogleChatWebhookAccount> = {
  name: 'google-chat-webhook',
  destinationForm: 'google-chat-webhook:<account>/<webhook name>',
  // One a second for each space, shared by all of its webhooks: https://developers.google.com/workspace/chat/limits
  // Each webhook has a space of its own; the limit of the account only smooths bursts.
  limits: { perDestination: 1, perAccount: 50 },
  capabilities: () => ({
    search: false,
    edit: false,
    thread: true,
    ownIdempotency: true,
    mentions: [],
    names: [],
    length: { limit: MESSAGE_LIMIT_BYTES, unit: 'bytes', posts: 1 },
  }),
  credentials: 'destination',
  accountSchema: googleChatWebhookAccountSchema,
  accountFromEnvironment: googleChatWebhookAccountFromEnvironment,
  pathPattern: webhookNamePattern,
  checkPath: checkWebhookName,
  createAdapter: createGoogleChatWebhookAdapter,
};
