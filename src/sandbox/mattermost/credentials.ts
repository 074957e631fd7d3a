/** What the sandbox's Mattermost accepts, and who is there. */
import { MattermostRefusal } from './errors.js';

export const MATTERMOST_TOKEN = 'sandboxmattermosttoken0001';

export interface MattermostUser {
  id: string;
  username: string;
  email: string;
}

/** The bot, and two people. */
export const MATTERMOST_BOT: MattermostUser = {
  id: 'botuser0000000000000000001',
  username: 'sendproof',
  email: 'sendproof@localhost',
};
export const MATTERMOST_USERS: readonly MattermostUser[] = [
  MATTERMOST_BOT,
  { id: 'anauser0000000000000000001', username: 'ana', email: 'ana@example.com' },
  { id: 'benuser0000000000000000001', username: 'ben.smith', email: 'ben@example.com' },
];

const KEY_BEGINNING = 'sandboxhook';

/** The URL of an incoming webhook of a channel. */
export function mattermostWebhookUrl(sandboxUrl: string, channel: string): string {
  return `${sandboxUrl}/hooks/${KEY_BEGINNING}${channel}`;
}

/** The channel of a webhook's key; undefined for a key that is none. */
export function channelOfKey(key: string): string | undefined {
  return key.startsWith(KEY_BEGINNING) ? key.slice(KEY_BEGINNING.length) : undefined;
}

/** @throws MattermostRefusal */
export function authorise(authorization: string | undefined): void {
  if (/^(?:bearer|token) (.+)$/i.exec(authorization ?? '')?.[1] === MATTERMOST_TOKEN) return;
  throw sessionExpired();
}

export const sessionExpired = (): MattermostRefusal =>
  new MattermostRefusal(
    401,
    'api.context.session_expired.app_error',
    'Invalid or expired session, please login again.',
  );
