/** Whom a Teams message mentions: an element in its HTML for each, and what it stands for beside it. Text is never one. */
import { DeliveryError } from '../../domain/delivery.js';
import { isEmail, type MentionKind, type Mentions } from '../../domain/mentions.js';
import { permanent } from '../../http/failure.js';
import {
  everyMention,
  mentionsNobody,
  mentionsToMake,
  type MentionPolicy,
} from '../mentionPolicy.js';
import type { Named, TeamsDirectory } from './directory.js';
import { escapeHtml } from './html.js';
import { parseTeamsPath, type TeamsPlace } from './path.js';

const OBJECT_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** People by object id or e-mail address; in a channel, the channel, and its team by its id. */
export function canMention(kind: MentionKind, name: string, path: string): boolean {
  const place = parseTeamsPath(path);
  switch (kind) {
    case 'users':
      return OBJECT_ID.test(name) || isEmail(name);
    case 'groups':
      return place?.kind === 'channel' && place.teamId.toLowerCase() === name.toLowerCase();
    case 'channel':
      return place?.kind === 'channel';
    case 'here':
      return false;
  }
}

/** https://learn.microsoft.com/graph/api/resources/chatmessagemention */
export interface TeamsMention {
  id: number;
  /** What the element with this id shows: Graph refuses a message where it isn't the same. */
  mentionText: string;
  mentioned:
    | { user: { id: string; displayName: string; userIdentityType: 'aadUser' } }
    | {
        conversation: {
          id: string;
          displayName: string;
          conversationIdentityType: 'channel' | 'team';
        };
      };
}

/**
 * Those of the mentions that can be made at the place, with the names to show. Rejects only with DeliveryError: where the account
 * doesn't allow one, and where nobody has an id or e-mail address.
 */
export async function teamsMentions(
  mentions: Mentions | undefined,
  policy: MentionPolicy | undefined,
  path: string,
  directory: TeamsDirectory,
): Promise<TeamsMention[]> {
  // The message was meant for another platform's people, or was accepted before this account could mention.
  if (mentionsNobody(policy)) return [];
  const place = parseTeamsPath(path);
  const wanted = mentionsToMake(mentions, policy, (kind, name) => canMention(kind, name, path));
  const made: TeamsMention[] = [];
  for (const { field, kind, name } of wanted) {
    const mentioned = await about(field, mentionedAs(kind, name, place, directory));
    const mentionText =
      'user' in mentioned ? mentioned.user.displayName : mentioned.conversation.displayName;
    made.push({ id: made.length, mentionText, mentioned });
  }
  return made;
}

async function mentionedAs(
  kind: MentionKind,
  name: string,
  place: TeamsPlace | undefined,
  directory: TeamsDirectory,
): Promise<TeamsMention['mentioned']> {
  if (kind === 'users' || place?.kind !== 'channel') return person(await directory.person(name));
  return kind === 'channel'
    ? conversation(await directory.channel(place), 'channel')
    : conversation(await directory.team(place), 'team');
}

function person({ id, name: displayName }: Named): TeamsMention['mentioned'] {
  return { user: { id, displayName, userIdentityType: 'aadUser' } };
}

function conversation(
  { id, name: displayName }: Named,
  conversationIdentityType: 'channel' | 'team',
): TeamsMention['mentioned'] {
  return { conversation: { id, displayName, conversationIdentityType } };
}

/** The line with the elements, in front of what the message says; empty without mentions. */
export function mentionsHtml(mentions: readonly TeamsMention[]): string {
  if (mentions.length === 0) return '';
  const elements = mentions.map(
    ({ id, mentionText }) => `<at id="${id}">${escapeHtml(mentionText)}</at>`,
  );
  return `<p>${elements.join(' ')}</p>\n`;
}

/** An allowance for one mention in HTML and in JSON, with a name of the greatest length. */
const BYTES_OF_ONE = 700;

/** The room that the mentions of a message may take, before their names are known. */
export function bytesOfMentions(mentions: Mentions | undefined): number {
  return everyMention(mentions).length * BYTES_OF_ONE;
}

/** A failed look-up names the field. */
async function about<Result>(field: string, lookUp: Promise<Result>): Promise<Result> {
  try {
    return await lookUp;
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.reason !== 'content_rejected') throw error;
    throw new DeliveryError(`${field}: ${error.message}.`, permanent('content_rejected'));
  }
}
