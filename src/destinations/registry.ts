/** The chat platforms. A new one is a folder beside this file and a line here. */
import type { Platform } from './destination.js';
import { discord } from './discord/platform.js';
import { discordWebhook } from './discord-webhook/platform.js';
import { googleChat } from './google-chat/platform.js';
import { googleChatWebhook } from './google-chat-webhook/platform.js';
import { mattermost } from './mattermost/platform.js';
import { mattermostWebhook } from './mattermost-webhook/platform.js';
import { webhook } from './webhook/platform.js';
import { slack } from './slack/platform.js';
import { teams } from './teams/platform.js';
import { teamsWebhook } from './teams-webhook/platform.js';

export const PLATFORMS: readonly Platform[] = [
  slack,
  teams,
  teamsWebhook,
  googleChat,
  googleChatWebhook,
  discord,
  discordWebhook,
  mattermost,
  mattermostWebhook,
  webhook,
];
