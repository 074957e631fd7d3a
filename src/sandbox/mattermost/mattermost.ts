/** Mattermost, as far as posts of channels and incoming webhooks go: https://developers.mattermost.com/api-documentation/ */
import type {
  Answer,
  ErrorAnswers,
  PlatformCall,
  PlatformRequest,
  SandboxState,
  SimulatedPlatform,
} from '../call.js';
import type { RateLimit } from '../limits.js';
import { decodeSegment } from '../pathSegment.js';
import {
  authorise,
  channelOfKey,
  MATTERMOST_BOT,
  MATTERMOST_USERS,
  sessionExpired,
  type MattermostUser,
} from './credentials.js';
import { limitExceeded, MattermostRefusal, noSuchEndpoint, refusalAnswer } from './errors.js';
import { createPost, deletePost, executeWebhook, getPost, listPosts, patchPost } from './posts.js';

const API_PREFIX = '/api/v4/';
const HOOKS_PREFIX = '/hooks/';

export function isMattermostPath(path: string): boolean {
  return path.startsWith(API_PREFIX) || path.startsWith(HOOKS_PREFIX);
}

/** What a server that limits requests takes by default: https://docs.mattermost.com/configure/rate-limiting-configuration-settings.html */
const PER_USER: RateLimit = { burst: 100, perSecond: 10 };

interface Called {
  state: SandboxState;
  /** The segments of the path that the route names, decoded. */
  path: Record<string, string>;
  query: URLSearchParams;
  body: Buffer;
}

interface Operation {
  name: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  route: RegExp;
  run: (called: Called) => Answer;
}

const OPERATIONS: Operation[] = [
  operation('createPost', 'POST', 'posts', ({ body, state }) => createPost(state, jsonOf(body))),
  operation('getPost', 'GET', 'posts/(?<post>[^/]+)', ({ path, state }) =>
    getPost(state, path.post ?? ''),
  ),
  operation('patchPost', 'PUT', 'posts/(?<post>[^/]+)/patch', ({ body, path, state }) =>
    patchPost(state, path.post ?? '', jsonOf(body)),
  ),
  operation('deletePost', 'DELETE', 'posts/(?<post>[^/]+)', ({ path, state }) =>
    deletePost(state, path.post ?? ''),
  ),
  operation('listPosts', 'GET', 'channels/(?<channel>[^/]+)/posts', ({ path, query, state }) =>
    listPosts(state, path.channel ?? '', query),
  ),
  operation('getMe', 'GET', 'users/me', () => ({ status: 200, body: MATTERMOST_BOT })),
  operation('getUserByEmail', 'GET', 'users/email/(?<email>[^/]+)', ({ path }) =>
    userAnswer(({ email }) => email === path.email),
  ),
  operation('getUser', 'GET', 'users/(?<user>[^/]+)', ({ path }) =>
    userAnswer(({ id }) => id === path.user),
  ),
];

function operation(
  name: string,
  method: Operation['method'],
  pattern: string,
  run: Operation['run'],
): Operation {
  return { name, method, route: new RegExp(`^${API_PREFIX}${pattern}$`), run };
}

const ERROR_ANSWERS: ErrorAnswers = {
  rateLimited: (retryAfter) => limitExceeded(retryAfter, 1),
  revokedToken: () => refusalAnswer(sessionExpired()),
  httpError: (status) => mattermostError(status, 'app.fault.app_error'),
  error: mattermostError,
};

function mattermostError(status: number, id: string): Answer {
  return refusalAnswer(new MattermostRefusal(status, id, 'A fault of the sandbox.'));
}

export function simulateMattermost(state: SandboxState): SimulatedPlatform {
  return {
    platform: 'mattermost',
    errorAnswers: ERROR_ANSWERS,

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const { method = '', headers } = request;
      if (url.pathname.startsWith(HOOKS_PREFIX)) return webhookCall(method, url.pathname, body);
      const [found, groups] = recognise(method, url.pathname);
      const path = Object.fromEntries(
        Object.entries(groups).map(([name, text]) => [name, decodeSegment(text)]),
      );
      return {
        operation: found?.name ?? 'unknown',
        path: path.channel ?? channelIn(state, found, path, body),
        posts: found?.name === 'createPost',
        execute: () =>
          limited('bot', () => {
            authorise(headers.authorization);
            if (!found) throw noSuchEndpoint();
            return found.run({ state, path, query: url.searchParams, body });
          }),
      };
    },
  };

  function webhookCall(method: string, pathname: string, body: Buffer): PlatformCall {
    const channel = channelOfKey(decodeSegment(pathname.slice(HOOKS_PREFIX.length)));
    return {
      operation: 'executeWebhook',
      path: channel,
      posts: true,
      execute: () =>
        limited('webhooks', () => {
          if (method !== 'POST') throw noSuchEndpoint();
          return executeWebhook(state, channel, jsonOf(body));
        }),
    };
  }

  function limited(key: string, run: () => Answer): Answer {
    const seconds = state.limiter?.take([{ key: `mattermost ${key}`, limit: PER_USER }]) ?? 0;
    if (seconds > 0) return limitExceeded(String(seconds), seconds);
    try {
      return run();
    } catch (error) {
      if (error instanceof MattermostRefusal) return refusalAnswer(error);
      throw error;
    }
  }
}

/** Which channel a call is for, where its path doesn't say. */
function channelIn(
  { posts }: SandboxState,
  found: Operation | undefined,
  path: Record<string, string>,
  body: Buffer,
): string | undefined {
  if (found?.name === 'createPost') {
    const json = jsonOf(body);
    const id = typeof json === 'object' && json !== null && 'channel_id' in json && json.channel_id;
    return typeof id === 'string' ? id : undefined;
  }
  return posts.select({ platform: 'mattermost' }).find(({ id }) => id === path.post)?.path;
}

function userAnswer(isOne: (user: MattermostUser) => boolean): Answer {
  const user = MATTERMOST_USERS.find(isOne);
  if (user) return { status: 200, body: user };
  throw new MattermostRefusal(404, 'app.user.missing_account.const', 'Unable to find the user.');
}

function recognise(
  method: string,
  pathname: string,
): [Operation | undefined, Record<string, string>] {
  for (const each of OPERATIONS) {
    const match = each.method === method ? each.route.exec(pathname) : null;
    if (match) return [each, match.groups ?? {}];
  }
  return [undefined, {}];
}

/** Undefined where it is no JSON. */
function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
