/** The addresses of Teams: `<team id>/<channel id>` and `chats/<chat id>`. */

export type TeamsPlace =
  { kind: 'channel'; teamId: string; channelId: string } | { kind: 'chat'; chatId: string };

const TEAM_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const CHANNEL_ID = /^19:[^\s/?#]+@thread\.(?:tacv2|skype)$/;
const CHAT_ID = /^19:[^\s/?#]+@(?:thread\.v2|unq\.gbl\.spaces)$/;

/** Undefined for a path that is neither. */
export function parseTeamsPath(path: string): TeamsPlace | undefined {
  const [first, second, ...more] = path.split('/');
  if (first === undefined || second === undefined || more.length > 0) return undefined;
  if (first === 'chats') {
    return CHAT_ID.test(second) ? { kind: 'chat', chatId: second } : undefined;
  }
  return TEAM_ID.test(first) && CHANNEL_ID.test(second)
    ? { kind: 'channel', teamId: first, channelId: second }
    : undefined;
}

export function checkTeamsPath(path: string): string | undefined {
  if (parseTeamsPath(path)) return undefined;
  return `"${path}" is not a channel or chat of Teams: write <team id>/<channel id> (a GUID, and 19:…@thread.tacv2; both are in what “Get link to channel” copies, as groupId and URL-encoded in the path), or chats/<chat id> (19:…@thread.v2).`;
}

/**
 * The Graph resource of the messages there.
 *
 * @param root the id of a message: then the resource is its answers. Chats have no threads, so their answers are all messages
 */
export function messagesResource(place: TeamsPlace, root?: string): string {
  if (place.kind === 'chat') return `/chats/${encodeURIComponent(place.chatId)}/messages`;
  const messages = `/teams/${place.teamId}/channels/${encodeURIComponent(place.channelId)}/messages`;
  return root === undefined ? messages : `${messages}/${encodeURIComponent(root)}/replies`;
}
