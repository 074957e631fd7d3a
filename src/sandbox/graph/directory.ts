/** The user, teams, channels and chats. */
import type { Answer } from '../call.js';
import type { Place } from '../places.js';
import { forbidden, notFound } from './errors.js';
import type { OperationContext } from './operation.js';

/** The service user that posts. */
export const GRAPH_USER = {
  id: '0a1b2c3d-0000-4000-8000-00000000000a',
  displayName: 'sendproof',
  userPrincipalName: 'sendproof@sandbox.example',
  tenantId: '0a1b2c3d-0000-4000-8000-0000000000ff',
} as const;

/** @throws GraphRefusal 404 where there is no such place, 403 where the user is not a member */
export function placeOf({ places, path }: OperationContext): Place {
  const place = places.find('teams', path);
  if (!place) throw notFound(path.startsWith('chats/') ? 'The chat' : 'The channel');
  if (!place.member) throw forbidden('The caller is not a member of the team or chat.');
  return place;
}

/**
 * The URL at which a person sees the channel or, with an id, the message.
 *
 * @param rootId of an answer: the id of the message that it answers
 */
export function webUrlOf(path: string, messageId?: string, rootId = messageId): string {
  const [team = '', channel = ''] = path.split('/');
  const origin = 'https://teams.sandbox.example';
  if (team === 'chats') {
    const chat = `${origin}/l/message/${encodeURIComponent(channel)}`;
    return messageId === undefined
      ? chat
      : `${chat}/${messageId}?context=${encodeURIComponent('{"contextType":"chat"}')}`;
  }
  const group = `groupId=${team}&tenantId=${GRAPH_USER.tenantId}`;
  return messageId === undefined
    ? `${origin}/l/channel/${encodeURIComponent(channel)}?${group}`
    : `${origin}/l/message/${encodeURIComponent(channel)}/${messageId}?${group}&parentMessageId=${rootId}`;
}

export function getMe(): Answer {
  const { id, displayName, userPrincipalName } = GRAPH_USER;
  return {
    status: 200,
    body: {
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#users/$entity',
      id,
      displayName,
      userPrincipalName,
      mail: userPrincipalName,
    },
  };
}

export function getTeam({ places, team }: OperationContext): Answer {
  const known = places
    .list()
    .find(({ platform, path }) => platform === 'teams' && path.startsWith(`${team}/`));
  if (!known) throw notFound('The team');
  return { status: 200, body: { id: team, displayName: known.teamName ?? team } };
}

export function getChannel(context: OperationContext): Answer {
  const { path, name } = placeOf(context);
  const [, id = ''] = path.split('/');
  return {
    status: 200,
    body: {
      id,
      displayName: name ?? id,
      membershipType: 'standard',
      webUrl: webUrlOf(path),
    },
  };
}

export function getChat(context: OperationContext): Answer {
  const { path, name } = placeOf(context);
  const [, id = ''] = path.split('/');
  return {
    status: 200,
    body: { id, topic: name ?? null, chatType: 'group', webUrl: webUrlOf(path) },
  };
}
