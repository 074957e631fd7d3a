/** Microsoft Graph, as far as Teams messages go: https://learn.microsoft.com/graph/api/resources/chatmessage */
import type {
  Answer,
  PlatformCall,
  PlatformRequest,
  SimulatedPlatform,
  SandboxState,
} from '../call.js';
import type { RateLimit } from '../limits.js';
import { decodeSegment } from '../pathSegment.js';
import type { GraphCredentials } from './credentials.js';
import {
  badRequest,
  GRAPH_ERROR_ANSWERS,
  GraphRefusal,
  refusalAnswer,
  tooManyRequests,
} from './errors.js';
import {
  getMessage,
  listChannelMessages,
  listChatMessages,
  listReplies,
  messagesDelta,
  postMessage,
  postReply,
  updateMessage,
  updateReply,
} from './messages.js';
import { getChannel, getChat, getMe, getTeam } from './directory.js';
import { getUser, listUsers } from './users.js';
import type { MessagingPolicy, OperationContext } from './operation.js';

interface Operation {
  name: string;
  method: 'GET' | 'POST' | 'PATCH';
  /** The URL below `/v1.0/`. */
  route: RegExp;
  /** Permissions of which one must be granted. */
  permissions: readonly string[];
  run: (context: OperationContext) => Answer;
}

const TEAM = 'teams/(?<team>[^/]+)';
const CHANNEL = `${TEAM}/channels/(?<channel>[^/]+)`;
const CHAT = 'chats/(?<chat>[^/]+)';
const MESSAGE = 'messages/(?<message>[^/]+)';

const CHANNEL_SEND = ['ChannelMessage.Send'];
const CHANNEL_READ = ['ChannelMessage.Read.All'];
const CHANNEL_WRITE = ['ChannelMessage.ReadWrite'];
const USER_READ = ['User.ReadBasic.All', 'User.Read.All'];
const CHAT_SEND = ['ChatMessage.Send', 'Chat.ReadWrite'];
const CHAT_READ = ['Chat.Read', 'Chat.ReadWrite'];
const CHAT_WRITE = ['Chat.ReadWrite'];

const OPERATIONS: Operation[] = [
  operation('postChannelMessage', 'POST', `${CHANNEL}/messages`, CHANNEL_SEND, postMessage),
  operation(
    'replyToChannelMessage',
    'POST',
    `${CHANNEL}/${MESSAGE}/replies`,
    CHANNEL_SEND,
    postReply,
  ),
  operation('postChatMessage', 'POST', `${CHAT}/messages`, CHAT_SEND, postMessage),
  operation('listChannelMessages', 'GET', `${CHANNEL}/messages`, CHANNEL_READ, listChannelMessages),
  operation(
    'channelMessagesDelta',
    'GET',
    `${CHANNEL}/messages/delta`,
    CHANNEL_READ,
    messagesDelta,
  ),
  operation('listReplies', 'GET', `${CHANNEL}/${MESSAGE}/replies`, CHANNEL_READ, listReplies),
  operation('listChatMessages', 'GET', `${CHAT}/messages`, CHAT_READ, listChatMessages),
  operation('getChannelMessage', 'GET', `${CHANNEL}/${MESSAGE}`, CHANNEL_READ, getMessage),
  operation('getChatMessage', 'GET', `${CHAT}/${MESSAGE}`, CHAT_READ, getMessage),
  operation('updateChannelMessage', 'PATCH', `${CHANNEL}/${MESSAGE}`, CHANNEL_WRITE, updateMessage),
  operation(
    'updateReply',
    'PATCH',
    `${CHANNEL}/${MESSAGE}/replies/(?<reply>[^/]+)`,
    CHANNEL_WRITE,
    updateReply,
  ),
  operation('updateChatMessage', 'PATCH', `${CHAT}/${MESSAGE}`, CHAT_WRITE, updateMessage),
  operation('getMe', 'GET', 'me', ['User.Read'], getMe),
  operation('getUser', 'GET', 'users/(?<user>[^/]+)', USER_READ, getUser),
  operation('listUsers', 'GET', 'users', USER_READ, listUsers),
  operation('getTeam', 'GET', TEAM, ['Team.ReadBasic.All'], getTeam),
  operation('getChannel', 'GET', CHANNEL, ['Channel.ReadBasic.All'], getChannel),
  operation('getChat', 'GET', CHAT, CHAT_READ, getChat),
];

const POSTING = ['postChannelMessage', 'replyToChannelMessage', 'postChatMessage'];

/** https://learn.microsoft.com/graph/throttling-limits#microsoft-teams-service-limits */
const PER_PLACE: RateLimit = { burst: 4, perSecond: 4 };
const TENANT_POSTS_PER_SECOND = 50;
const TENANT_READS_PER_SECOND = 20;

/** The prefix of Graph's paths. */
export const GRAPH_PREFIX = '/v1.0/';

function operation(
  name: string,
  method: Operation['method'],
  pattern: string,
  permissions: readonly string[],
  run: Operation['run'],
): Operation {
  return { name, method, route: new RegExp(`^${pattern}$`), permissions, run };
}

interface Recognised {
  operation: Operation;
  path: string;
  team: string;
  messageId: string;
  replyId: string;
  user: string;
}

export function simulateGraph(
  state: SandboxState,
  credentials: GraphCredentials,
  policy: MessagingPolicy,
): SimulatedPlatform {
  return {
    platform: 'teams',
    errorAnswers: GRAPH_ERROR_ANSWERS,

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const recognised = recognise(request.method ?? '', url.pathname.slice(GRAPH_PREFIX.length));
      const path = recognised?.path;
      return {
        operation: recognised?.operation.name ?? 'unknown',
        path: path === '' ? undefined : path,
        posts: recognised !== undefined && POSTING.includes(recognised.operation.name),
        execute: () =>
          answerRefusals(() => execute(recognised, request.headers.authorization, url, body)),
      };
    },
  };

  function execute(
    recognised: Recognised | undefined,
    authorization: string | undefined,
    requestUrl: URL,
    body: Buffer,
  ): Answer {
    credentials.authorise(authorization, recognised?.operation.permissions ?? []);
    if (!recognised)
      throw badRequest('Resource not found for the segment, or the method is not allowed.');
    const waitSeconds = takeTokens(recognised);
    if (waitSeconds > 0) return tooManyRequests(String(waitSeconds));
    const { operation, ...resource } = recognised;
    return operation.run({ ...state, ...resource, policy, requestUrl, body });
  }

  function takeTokens({ operation: { name }, path }: Recognised): number {
    const perSecond = POSTING.includes(name) ? TENANT_POSTS_PER_SECOND : TENANT_READS_PER_SECOND;
    const limits = [{ key: `teams ${name}`, limit: { burst: perSecond, perSecond } }];
    if (path !== '') limits.unshift({ key: `teams ${path}`, limit: PER_PLACE });
    return state.limiter?.take(limits) ?? 0;
  }
}

function recognise(method: string, resource: string): Recognised | undefined {
  for (const operation of OPERATIONS) {
    const match = operation.method === method ? operation.route.exec(resource) : null;
    if (!match) continue;
    const groups = decoded(match.groups ?? {});
    const { team = '', channel, chat, message = '', reply = '', user = '' } = groups;
    const path =
      channel !== undefined ? `${team}/${channel}` : chat !== undefined ? `chats/${chat}` : '';
    return { operation, path, team, messageId: message, replyId: reply, user };
  }
  return undefined;
}

/** Ids have characters that only some clients percent-encode. */
function decoded(segments: Record<string, string>): Partial<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(segments).map(([name, segment]) => [name, decodeSegment(segment)]),
  );
}

function answerRefusals(execute: () => Answer): Answer {
  try {
    return execute();
  } catch (error) {
    if (error instanceof GraphRefusal) return refusalAnswer(error);
    throw error;
  }
}
