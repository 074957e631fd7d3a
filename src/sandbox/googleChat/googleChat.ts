/** Google Chat, as far as messages of spaces go: https://developers.google.com/workspace/chat/api/reference/rest */
import type {
  Answer,
  PlatformCall,
  PlatformRequest,
  SandboxState,
  SimulatedPlatform,
} from '../call.js';
import type { RateLimit } from '../limits.js';
import { decodeSegment } from '../pathSegment.js';
import type { Place } from '../places.js';
import type { ChatCredentials } from './credentials.js';
import {
  CHAT_ERROR_ANSWERS,
  ChatRefusal,
  invalid,
  notFound,
  quotaExceeded,
  refusalAnswer,
} from './errors.js';
import {
  createMessage,
  deleteMessage,
  getMessage,
  patchMessage,
  type ChatContext,
} from './messages.js';

/** The prefix of the API's paths. */
export const CHAT_PREFIX = '/v1/spaces';

interface Operation {
  name: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The URL below `/v1/spaces`. */
  route: RegExp;
  kind: 'read' | 'write';
  /** Absent where the operation concerns no space. */
  run?: (context: ChatContext) => Answer;
}

const SPACE = '/(?<space>[^/]+)';
const MESSAGE = `${SPACE}/messages/(?<message>[^/]+)`;

const OPERATIONS: Operation[] = [
  operation('createMessage', 'POST', `${SPACE}/messages`, 'write', createMessage),
  operation('getMessage', 'GET', MESSAGE, 'read', getMessage),
  operation('patchMessage', 'PATCH', MESSAGE, 'write', patchMessage),
  operation('deleteMessage', 'DELETE', MESSAGE, 'write', deleteMessage),
  operation('getSpace', 'GET', SPACE, 'read', ({ space, places }) => ({
    status: 200,
    body: spaceObject(places.find('google-chat', space) ?? { path: space }),
  })),
  operation('listSpaces', 'GET', '', 'read'),
];

/** https://developers.google.com/workspace/chat/limits */
const PER_SPACE: Record<Operation['kind'], RateLimit> = {
  write: { burst: 2, perSecond: 1 },
  read: { burst: 15, perSecond: 15 },
};
const PER_PROJECT: RateLimit = { burst: 50, perSecond: 50 };

function operation(
  name: string,
  method: Operation['method'],
  pattern: string,
  kind: Operation['kind'],
  run?: Operation['run'],
): Operation {
  return { name, method, route: new RegExp(`^${pattern}$`), kind, ...(run && { run }) };
}

interface Recognised {
  operation: Operation;
  space: string | undefined;
  message: string;
}

export function simulateGoogleChat(
  state: SandboxState,
  credentials: ChatCredentials,
): SimulatedPlatform {
  return {
    platform: 'google-chat',
    errorAnswers: CHAT_ERROR_ANSWERS,

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const { method = '', headers } = request;
      const recognised = recognise(method, url.pathname.slice(CHAT_PREFIX.length));
      return {
        operation: recognised?.operation.name ?? 'unknown',
        path: recognised?.space,
        posts: recognised?.operation.name === 'createMessage',
        execute: () => answerRefusals(() => execute(recognised, headers.authorization, url, body)),
      };
    },
  };

  function execute(
    recognised: Recognised | undefined,
    authorization: string | undefined,
    { searchParams: query }: URL,
    body: Buffer,
  ): Answer {
    if (!recognised) throw notFound();
    const caller = credentials.authorise(authorization, query);
    const { message, operation: called, space } = recognised;
    if (caller === 'webhook' && called.name !== 'createMessage') {
      throw new ChatRefusal('PERMISSION_DENIED', 'A webhook can only create messages.');
    }
    if (!isWithinLimits(called, space)) return quotaExceeded();
    if (space === undefined || !called.run) return listSpaces(query);
    assertMember(state.places.find('google-chat', space));
    return called.run({ ...state, space, message, caller, query, body });
  }

  function isWithinLimits({ kind }: Operation, space: string | undefined): boolean {
    const limits = [{ key: `google-chat ${kind}`, limit: PER_PROJECT }];
    if (space !== undefined) {
      limits.unshift({ key: `google-chat ${kind} ${space}`, limit: PER_SPACE[kind] });
    }
    return (state.limiter?.take(limits) ?? 0) === 0;
  }

  function listSpaces(query: URLSearchParams): Answer {
    const size = Number(query.get('pageSize') ?? '100');
    if (!Number.isInteger(size) || size < 0) throw invalid('page_size must not be negative.');
    const spaces = state.places
      .list()
      .filter(({ member, platform }) => platform === 'google-chat' && member);
    const shown = spaces.slice(0, Math.min(size || 100, 1_000));
    return { status: 200, body: { spaces: shown.map(spaceObject), nextPageToken: '' } };
  }
}

function assertMember(place: Place | undefined): void {
  if (!place) throw notFound();
  if (place.member && !place.archived) return;
  throw new ChatRefusal('PERMISSION_DENIED', 'This app is not a member of this space.');
}

function spaceObject({ path, name }: Pick<Place, 'path' | 'name'>): object {
  return {
    name: `spaces/${path}`,
    type: 'ROOM',
    spaceType: 'SPACE',
    displayName: name ?? path,
    spaceThreadingState: 'THREADED_MESSAGES',
  };
}

function recognise(method: string, resource: string): Recognised | undefined {
  for (const each of OPERATIONS) {
    const match = each.method === method ? each.route.exec(resource) : null;
    if (!match) continue;
    const { message = '', space } = match.groups ?? {};
    return {
      operation: each,
      space: space === undefined ? undefined : decodeSegment(space),
      message: decodeSegment(message),
    };
  }
  return undefined;
}

function answerRefusals(execute: () => Answer): Answer {
  try {
    return execute();
  } catch (error) {
    if (error instanceof ChatRefusal) return refusalAnswer(error);
    throw error;
  }
}
