import type { Platform } from '../destination.js';
import {
  googleChatAccountFromEnvironment,
  googleChatAccountSchema,
  type GoogleChatAccount,
} from './account.js';
import { createGoogleChatAdapter } from './adapter.js';
import { checkSpaceId, SPACE_ID_PATTERN } from './path.js';
import { MESSAGE_LIMIT_BYTES } from './render.js';

export const googleChat: Platform<GoogleChatAccount> = {
  name: 'google-chat',
  destinationForm: 'google-chat:<account>/<space id>',
  // 60 writes a minute for each space, shared by all apps in it, and 3,000 for each project:
  // https://developers.google.com/workspace/chat/limits
  limits: { perDestination: 1, perAccount: 50 },
  capabilities: () => ({
    search: false,
    edit: true,
    thread: true,
    ownIdempotency: true,
    mentions: [],
    names: [],
    length: { limit: MESSAGE_LIMIT_BYTES, unit: 'bytes', posts: 1 },
  }),
  credentials: 'account',
  accountSchema: googleChatAccountSchema,
  accountFromEnvironment: googleChatAccountFromEnvironment,
  pathPattern: () => SPACE_ID_PATTERN,
  checkPath: checkSpaceId,
  createAdapter: createGoogleChatAdapter,
};
