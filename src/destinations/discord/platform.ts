import type { Platform } from '../destination.js';
import {
  discordAccountFromEnvironment,
  discordAccountSchema,
  type DiscordAccount,
} from './account.js';
import { createDiscordAdapter } from './adapter.js';
import { canMention } from './mentions.js';
import { CHANNEL_ID_PATTERN, checkChannelId } from './path.js';
import { DESCRIPTION_LIMIT } from './render.js';

export const discord: Platform<DiscordAccount> = {
  name: 'discord',
  destinationForm: 'discord:<account>/<channel id>',
  // Discord's limits are in the headers of its answers, about five posts in five seconds for each channel, and 50 requests a
  // second for each bot: https://docs.discord.com/developers/topics/rate-limits
  limits: { perDestination: 1, perAccount: 40 },
  capabilities: () => ({
    search: true,
    edit: true,
    thread: true,
    // Only for some minutes, so that a later attempt has to look for the post.
    ownIdempotency: false,
    mentions: ['users', 'groups', 'here', 'channel'],
    names: [],
    length: { limit: DESCRIPTION_LIMIT, unit: 'characters', posts: 1 },
  }),
  credentials: 'account',
  accountSchema: discordAccountSchema,
  accountFromEnvironment: discordAccountFromEnvironment,
  pathPattern: () => CHANNEL_ID_PATTERN,
  canMention,
  checkPath: checkChannelId,
  createAdapter: createDiscordAdapter,
};
