/** Whom a post of Discord mentions. Discord is told so apart from the text, which mentions nobody by itself. */
import type { MentionKind, Mentions } from '../../domain/mentions.js';
import { mentionsToMake, type Mentioned, type MentionPolicy } from '../mentionPolicy.js';
import { isSnowflake } from './path.js';

/** Whether Discord has such people and roles. It has no people by e-mail address. */
export function canMention(kind: MentionKind, name: string): boolean {
  return kind === 'here' || kind === 'channel' || isSnowflake(name);
}

/** https://docs.discord.com/developers/resources/message#allowed-mentions-object */
export interface AllowedMentions {
  parse: 'everyone'[];
  users: string[];
  roles: string[];
  replied_user: false;
}

export const NOBODY: AllowedMentions = { parse: [], users: [], roles: [], replied_user: false };

/**
 * The line that mentions them, undefined where there is nobody, and what Discord is allowed to notify.
 *
 * @throws DeliveryError where the account doesn't allow one of them
 */
export function discordMentions(
  mentions: Mentions | undefined,
  policy: MentionPolicy | undefined,
): { line: string | undefined; allowed: AllowedMentions } {
  const shown = mentionsToMake(mentions, policy, canMention);
  if (shown.length === 0) return { line: undefined, allowed: NOBODY };
  const idsOf = (kind: MentionKind): string[] =>
    shown.filter((each) => each.kind === kind).map(({ name }) => name);
  const isBroadcast = shown.some(({ kind }) => kind === 'here' || kind === 'channel');
  return {
    line: shown.map(written).join(' '),
    allowed: {
      ...NOBODY,
      parse: isBroadcast ? ['everyone'] : [],
      users: idsOf('users'),
      roles: idsOf('groups'),
    },
  };
}

function written({ kind, name }: Mentioned): string {
  switch (kind) {
    case 'users':
      return `<@${name}>`;
    case 'groups':
      return `<@&${name}>`;
    case 'here':
      return '@here';
    case 'channel':
      return '@everyone';
  }
}
