/** The platforms that the sandbox simulates, by the names that destinations use. A new one is a folder beside this file and a line here. */
import { discordPlaces } from './discord/places.js';
import { googleChatPlaces } from './googleChat/places.js';
import { graphPlaces } from './graph/places.js';
import { mattermostPlaces } from './mattermost/places.js';
import { pagerDutyPlaces } from './pagerduty/places.js';
import type { PlatformPlaces } from './platformPlaces.js';
import { receiverPlaces } from './receiver/places.js';
import { slackPlaces } from './slack/places.js';
import { webhookPlaces } from './webhook/places.js';

export const SIMULATED = {
  slack: slackPlaces,
  teams: graphPlaces,
  'teams-webhook': webhookPlaces,
  'google-chat': googleChatPlaces,
  webhook: receiverPlaces,
  discord: discordPlaces,
  mattermost: mattermostPlaces,
  pagerduty: pagerDutyPlaces,
} as const satisfies Record<string, PlatformPlaces>;

/** The chat platforms by the names that destinations use, and PagerDuty, whose incidents get notes. */
export type SandboxPlatform = keyof typeof SIMULATED;

export const SANDBOX_PLATFORMS = Object.keys(SIMULATED) as SandboxPlatform[];
