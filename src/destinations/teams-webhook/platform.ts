import type { Platform } from '../destination.js';
import { checkWebhookName, webhookNamePattern } from '../namedWebhooks.js';
import {
  teamsWebhookAccountFromEnvironment,
  teamsWebhookAccountSchema,
  type TeamsWebhookAccount,
} from './account.js';
import { createTeamsWebhookAdapter } from './adapter.js';
import { CARD_LIMIT_BYTES } from './render.js';

export const teamsWebhook: Platform<TeamsWebhookAccount> = {
  name: 'teams-webhook',
  destinationForm: 'teams-webhook:<account>/<webhook name>',
  // "Four requests a second" for each webhook: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using#rate-limiting-for-connectors
  // Each webhook is a workflow of its own; the limit of the account only smooths bursts.
  limits: { perDestination: 4, perAccount: 20 },
  capabilities: () => ({
    search: false,
    edit: false,
    thread: false,
    ownIdempotency: false,
    mentions: [],
    names: [],
    length: { limit: CARD_LIMIT_BYTES, unit: 'bytes', posts: 1 },
  }),
  credentials: 'destination',
  accountSchema: teamsWebhookAccountSchema,
  accountFromEnvironment: teamsWebhookAccountFromEnvironment,
  pathPattern: webhookNamePattern,
  checkPath: checkWebhookName,
  createAdapter: createTeamsWebhookAdapter,
};
