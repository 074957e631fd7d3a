import type { Platform } from '../destination.js';
import {
  LARGEST_POST,
  mattermostAccountFromEnvironment,
  mattermostAccountSchema,
  type MattermostAccount,
} from './account.js';
import { createMattermostAdapter } from './adapter.js';
import { checkChannelId, ID_PATTERN } from './ids.js';
import { canMention } from './mentions.js';

export const mattermost: Platform<MattermostAccount> = {
  name: 'mattermost',
  destinationForm: 'mattermost:<account>/<channel id>',
  // A server has no limit unless its settings say so; then by default 10 requests a second:
  // https://docs.mattermost.com/configure/rate-limiting-configuration-settings.html
  limits: { perDestination: 5, perAccount: 8 },
  capabilities: (account) => ({
    search: true,
    edit: true,
    thread: true,
    // Only for half a minute, so that a later attempt has to look for the post.
    ownIdempotency: false,
    mentions: ['users', 'here', 'channel'],
    names: [],
    length: { limit: account?.maxPostSize ?? LARGEST_POST, unit: 'characters', posts: 1 },
  }),
  credentials: 'account',
  accountSchema: mattermostAccountSchema,
  accountFromEnvironment: mattermostAccountFromEnvironment,
  pathPattern: () => ID_PATTERN,
  canMention,
  checkPath: checkChannelId,
  createAdapter: createMattermostAdapter,
};
