import type { Platform } from '../destination.js';
import { teamsAccountFromEnvironment, teamsAccountSchema, type TeamsAccount } from './account.js';
import { createTeamsAdapter } from './adapter.js';
import { checkTeamsPath } from './path.js';
import { checkTeamsContent } from './render.js';

export const teams: Platform<TeamsAccount> = {
  name: 'teams',
  destinationForm: 'teams:<account>/<team id>/<channel id> or teams:<account>/chats/<chat id>',
  // Four requests a second per app and channel or chat. The limits per app and tenant have changed over the years:
  // https://learn.microsoft.com/graph/throttling-limits#microsoft-teams-service-limits
  limits: { perDestination: 4, perAccount: 20 },
  credentials: 'account',
  accountSchema: teamsAccountSchema,
  accountFromEnvironment: teamsAccountFromEnvironment,
  checkPath: checkTeamsPath,
  checkContent: checkTeamsContent,
  createAdapter: (account) => createTeamsAdapter(account),
};
