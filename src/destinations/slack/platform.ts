import { MENTION_KINDS } from '../../domain/mentions.js';
import type { Platform } from '../destination.js';
import {
  slackAccountFromEnvironment,
  slackAccountSchema,
  withTokenCache,
  type SlackAccount,
} from './account.js';
import { createSlackAdapter } from './adapter.js';
import { canMention } from './mentions.js';
import { isName } from './names.js';
import { MOST_PARTS } from './posts.js';
import { BLOCKS_TEXT_LIMIT } from './render.js';

/** C: channel; G: private channel or group of old; D: direct messages; U and W: a person. */
const CONVERSATION_ID = /^[CDGUW][A-Z0-9]{1,30}$/;

export const slack: Platform<SlackAccount> = {
  name: 'slack',
  destinationForm:
    'slack:<account>/<channel id>, slack:<account>/#<channel> or slack:<account>/@<e-mail address>',
  // "One message per second per channel", and "several hundred messages per minute" per workspace, which other apps use
  // too: https://docs.slack.dev/apis/web-api/rate-limits
  limits: { perDestination: 1, perAccount: 5 },
  capabilities: (account) => ({
    search: true,
    edit: true,
    thread: true,
    ownIdempotency: false,
    mentions: MENTION_KINDS,
    names: ['channel', 'person'],
    length: {
      limit: BLOCKS_TEXT_LIMIT,
      unit: 'characters',
      posts: account?.longMessages === 'shorten' ? 1 : MOST_PARTS,
    },
  }),
  canMention,
  credentials: 'account',
  accountSchema: slackAccountSchema,
  accountFromEnvironment: slackAccountFromEnvironment,
  withDefaults: withTokenCache,
  pathPattern: () =>
    '(?:[CDGUW][A-Z0-9]{7,30}|#[a-z0-9_-]{1,80}|@[a-z0-9._-]{1,40}@(?:[a-z0-9-]{1,30}\\.){1,3}[a-z]{2,10})',
  checkPath: (path) =>
    CONVERSATION_ID.test(path) || isName(path)
      ? undefined
      : `"${path}" is not a Slack channel id, and no name as #ops or @ana@example.com: use the id that begins with C, D, G or U (in Slack: the channel’s name → About → Channel ID), the channel’s name in small letters after #, or a person’s e-mail address after @.`,
  createAdapter: createSlackAdapter,
};
