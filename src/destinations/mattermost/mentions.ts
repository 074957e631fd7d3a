/** Whom a post of Mattermost mentions. Text never does: it is broken up invisibly where it could. */
import { DeliveryError } from '../../domain/delivery.js';
import { isEmail, type MentionKind, type Mentions } from '../../domain/mentions.js';
import { permanent } from '../../http/failure.js';
import { mentionsToMake, type MentionPolicy } from '../mentionPolicy.js';
import { isMattermostId } from './ids.js';

/** Whether Mattermost has such people. It mentions them by their names, which are looked up. */
export function canMention(kind: MentionKind, name: string): boolean {
  if (kind === 'here' || kind === 'channel') return true;
  return kind === 'users' && (isMattermostId(name) || isEmail(name));
}

/** A webhook can't look anybody up. */
export function webhookCanMention(kind: MentionKind): boolean {
  return kind === 'here' || kind === 'channel';
}

/**
 * The line that mentions them; undefined where there is nobody. Rejects only with DeliveryError: where the account doesn't
 * allow one, and where there is no such person.
 *
 * @param nameOf the user name of the person with an id or an e-mail address
 */
export async function mentionLine(
  mentions: Mentions | undefined,
  policy: MentionPolicy | undefined,
  nameOf: (idOrEmail: string) => Promise<string>,
): Promise<string | undefined> {
  const words: string[] = [];
  for (const { field, kind, name } of mentionsToMake(mentions, policy, canMention)) {
    words.push(kind === 'users' ? `@${await found(field, nameOf(name))}` : `@${kind}`);
  }
  return words.length === 0 ? undefined : words.join(' ');
}

/** @throws DeliveryError where the account doesn't allow one */
export function webhookMentionLine(
  mentions: Mentions | undefined,
  policy: MentionPolicy | undefined,
): string | undefined {
  const shown = mentionsToMake(mentions, policy, webhookCanMention);
  return shown.length === 0 ? undefined : shown.map(({ kind }) => `@${kind}`).join(' ');
}

/** The destination is there, even where the person is not. */
async function found(field: string, name: Promise<string>): Promise<string> {
  try {
    return await name;
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.reason !== 'destination_not_found') throw error;
    const { httpStatus, platformCode } = error;
    const failure = { ...permanent('content_rejected'), httpStatus, platformCode };
    throw new DeliveryError(`${field}: Mattermost knows no such person.`, failure);
  }
}
