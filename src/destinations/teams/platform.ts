import type { Platform } from '../destination.js';
import { teamsAccountFromEnvironment, teamsAccountSchema, type TeamsAccount } from './account.js';
import { createTeamsAdapter } from './adapter.js';
import { checkTeamsPath } from './path.js';
import { checkTeamsContent } from './render.js';

export const teams: Platform<TeamsAccount> = {
  name: 'teams',
  destinationForm: 'teams:<account>/<team id>/<channel id> or teams:<account>/chats/<chat id>',
  accountSchema: teamsAccountSchema,
  accountFromEnvironment: teamsAccountFromEnvironment,
  checkPath: checkTeamsPath,
  checkContent: checkTeamsContent,
  createAdapter: (account) => createTeamsAdapter(account),
};
