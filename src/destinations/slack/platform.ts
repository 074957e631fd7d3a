import type { Platform } from '../destination.js';
import {
  slackAccountFromEnvironment,
  slackAccountSchema,
  withTokenCache,
  type SlackAccount,
} from './account.js';
import { createSlackAdapter } from './adapter.js';
import { MOST_PARTS } from './posts.js';
import { BLOCKS_TEXT_LIMIT } from './render.js';

/** C: channel; G: private channel or group of old; D: direct messages; U and W: a person. */
const CONVERSATION_ID = /^[CDGUW][A-Z0-9]{1,30}$/;

export const slack: Platform<SlackAccount> = {
  name: 'slack',
  destinationForm: 'slack:<account>/<channel id>',
  // "One message per second per channel", and "several hundred messages per minute" per workspace, which other apps use
  // too: https://docs.slack.dev/apis/web-api/rate-limits
  limits: { perDestination: 1, perAccount: 5 },
  capabilities: (account) => ({
    search: true,
    edit: true,
    thread: true,
    ownIdempotency: false,
    mentions: [],
    names: [],
    length: {
      limit: BLOCKS_TEXT_LIMIT,
      unit: 'characters',
      posts: account?.longMessages === 'shorten' ? 1 : MOST_PARTS,
    },
  }),
  credentials: 'account',
  accountSchema: slackAccountSchema,
  accountFromEnvironment: slackAccountFromEnvironment,
  withDefaults: withTokenCache,
  pathPattern: () => '[CDGUW][A-Z0-9]{7,30}',
  checkPath: (path) =>
    CONVERSATION_ID.test(path)
      ? undefined
      : `"${path}" is not a Slack channel id: use the id that begins with C, D, G or U (in Slack: the channel’s name → About → Channel ID), since names change.`,
  createAdapter: createSlackAdapter,
};
