import type { Platform } from '../destination.js';
import {
  teamsWebhookAccountFromEnvironment,
  teamsWebhookAccountSchema,
  type TeamsWebhookAccount,
} from './account.js';
import { createTeamsWebhookAdapter } from './adapter.js';
import { checkTeamsWebhookContent } from './render.js';

export const teamsWebhook: Platform<TeamsWebhookAccount> = {
  name: 'teams-webhook',
  destinationForm: 'teams-webhook:<account>/<webhook name>',
  accountSchema: teamsWebhookAccountSchema,
  accountFromEnvironment: teamsWebhookAccountFromEnvironment,
  checkPath: (path, { webhooks }) =>
    Object.hasOwn(webhooks, path)
      ? undefined
      : `the account has no webhook "${path}": configure it, or use one of ${Object.keys(webhooks).join(', ')}.`,
  checkContent: checkTeamsWebhookContent,
  createAdapter: createTeamsWebhookAdapter,
};
