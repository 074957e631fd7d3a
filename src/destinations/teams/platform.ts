import type { Platform } from '../destination.js';
import { teamsAccountFromEnvironment, teamsAccountSchema, type TeamsAccount } from './account.js';
import { createTeamsAdapter } from './adapter.js';
import { canMention } from './mentions.js';
import { checkTeamsPath, parseTeamsPath } from './path.js';
import { MESSAGE_LIMIT_BYTES } from './render.js';

export const teams: Platform<TeamsAccount> = {
  name: 'teams',
  destinationForm: 'teams:<account>/<team id>/<channel id> or teams:<account>/chats/<chat id>',
  // Four requests a second per app and channel or chat. The limits per app and tenant have changed over the years:
  // https://learn.microsoft.com/graph/throttling-limits#microsoft-teams-service-limits
  limits: { perDestination: 4, perAccount: 20 },
  capabilities: (_account, path) => ({
    search: true,
    edit: true,
    // Chats have no threads: an answer is an ordinary message.
    thread: path === undefined || parseTeamsPath(path)?.kind === 'channel',
    ownIdempotency: false,
    mentions:
      path === undefined || parseTeamsPath(path)?.kind === 'channel'
        ? ['users', 'groups', 'channel']
        : ['users'],
    names: [],
    length: { limit: MESSAGE_LIMIT_BYTES, unit: 'bytes', posts: 1 },
  }),
  kindsOfPlaces: {
    channel: '00000000-0000-0000-0000-000000000000/19:channel@thread.tacv2',
    chat: 'chats/19:chat@thread.v2',
  },
  canMention,
  credentials: 'account',
  accountSchema: teamsAccountSchema,
  accountFromEnvironment: teamsAccountFromEnvironment,
  pathPattern: () =>
    '(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/19:[A-Za-z0-9_-]{1,64}@thread\\.tacv2|chats/19:[A-Za-z0-9_-]{1,80}@thread\\.v2)',
  checkPath: checkTeamsPath,
  createAdapter: (account) => createTeamsAdapter(account),
};
