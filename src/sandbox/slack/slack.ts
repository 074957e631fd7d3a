/** The part of Slack's Web API that sendproof and its tests use: https://docs.slack.dev/reference/methods */
import type {
  Answer,
  PlatformCall,
  PlatformRequest,
  SimulatedPlatform,
  SandboxState,
} from '../call.js';
import type { RateLimit } from '../limits.js';
import { readArguments, SlackError, type SlackArguments } from './arguments.js';
import { deleteMessage, getPermalink, postMessage, updateMessage } from './chat.js';
import {
  conversationHistory,
  conversationInfo,
  conversationReplies,
  listConversations,
} from './conversations.js';
import type { SlackCredentials } from './credentials.js';
import { oauthAccess } from './oauth.js';
import { SLACK_WORKSPACE, type WorkspaceSettings } from './workspace.js';
import type { MethodContext, MethodResult } from './method.js';
import { lookupByEmail, openConversation } from './users.js';
import { own } from '../../lib/own.js';

interface Method {
  /** Scopes of which one must be granted; undefined for a method that needs no token. */
  scopes: readonly string[] | undefined;
  run: (context: MethodContext) => MethodResult;
  limit: RateLimit;
}

/** Slack's tiers are "so many or more a minute": https://docs.slack.dev/apis/web-api/rate-limits */
const perMinute = (requests: number): RateLimit => ({ burst: requests, perSecond: requests / 60 });
const TIER_2 = perMinute(20);
const TIER_3 = perMinute(50);
const SPECIAL_TIER = perMinute(600);
/** "One message per second per channel", short bursts allowed. */
const PER_CHANNEL: RateLimit = { burst: 2, perSecond: 1 };
/** "Several hundred messages per minute" for the whole workspace. */
const PER_WORKSPACE: RateLimit = { burst: 60, perSecond: 10 };

const HISTORY_SCOPES = ['channels:history', 'groups:history', 'im:history', 'mpim:history'];
const READ_SCOPES = ['channels:read', 'groups:read', 'im:read', 'mpim:read'];

const METHODS: Record<string, Method> = {
  'auth.test': { scopes: [], run: authTest, limit: SPECIAL_TIER },
  'chat.postMessage': { scopes: ['chat:write'], run: postMessage, limit: PER_WORKSPACE },
  'chat.update': { scopes: ['chat:write'], run: updateMessage, limit: TIER_3 },
  'chat.delete': { scopes: ['chat:write'], run: deleteMessage, limit: TIER_3 },
  'chat.getPermalink': { scopes: [], run: getPermalink, limit: SPECIAL_TIER },
  'conversations.history': { scopes: HISTORY_SCOPES, run: conversationHistory, limit: TIER_3 },
  'conversations.replies': { scopes: HISTORY_SCOPES, run: conversationReplies, limit: TIER_3 },
  'conversations.info': { scopes: READ_SCOPES, run: conversationInfo, limit: TIER_3 },
  'conversations.list': { scopes: READ_SCOPES, run: listConversations, limit: TIER_2 },
  'conversations.open': { scopes: ['im:write'], run: openConversation, limit: TIER_3 },
  'users.lookupByEmail': { scopes: ['users:read.email'], run: lookupByEmail, limit: TIER_3 },
  'oauth.v2.access': { scopes: undefined, run: oauthAccess, limit: SPECIAL_TIER },
};

/** The prefix of the Web API's paths. */
export const SLACK_PREFIX = '/api/';

export function simulateSlack(
  state: SandboxState,
  credentials: SlackCredentials,
  workspace: WorkspaceSettings,
): SimulatedPlatform {
  return {
    platform: 'slack',

    errorAnswers: {
      rateLimited: (retryAfter) => rateLimited(retryAfter),
      revokedToken: () => refusal('token_revoked'),
      // The answers of Slack's load balancers are not those of its API.
      httpError: (status) => ({ status, body: {}, error: `http_${status}` }),
    },

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const operation = url.pathname.slice(SLACK_PREFIX.length);
      const args = readArguments(request, url, body);
      const channel = args.text('channel');
      const path =
        channel === undefined
          ? undefined
          : (state.places.findSlackChannel(channel)?.path ?? channel);
      return {
        operation,
        path,
        posts: operation === 'chat.postMessage',
        execute: () => execute(operation, path, args, request.headers.authorization),
      };
    },
  };

  function execute(
    operation: string,
    path: string | undefined,
    args: SlackArguments,
    authorization: string | undefined,
  ): Answer {
    try {
      const method = own(METHODS, operation);
      if (!method) throw new SlackError('unknown_method', { req_method: operation });
      const scopes =
        method.scopes && credentials.authorise(authorization, args.text('token'), method.scopes);
      const waitSeconds = takeTokens(operation, path, method.limit);
      if (waitSeconds > 0) return rateLimited(String(waitSeconds));
      const { body, post } = method.run({ ...state, args, credentials, workspace });
      return {
        status: 200,
        ...(scopes && { headers: { 'x-oauth-scopes': scopes.join(',') } }),
        body: { ok: true, ...body },
        ...(post && { post }),
      };
    } catch (error) {
      if (error instanceof SlackError) return refusal(error.code, error.details);
      throw error;
    }
  }

  function takeTokens(operation: string, path: string | undefined, limit: RateLimit): number {
    const limits = [{ key: `slack ${operation}`, limit }];
    if (operation === 'chat.postMessage' && path !== undefined) {
      limits.unshift({ key: `slack ${operation} ${path}`, limit: PER_CHANNEL });
    }
    return state.limiter?.take(limits) ?? 0;
  }
}

function authTest(): MethodResult {
  const { url, team, teamId, user, userId, botId } = SLACK_WORKSPACE;
  return { body: { url, team, user, team_id: teamId, user_id: userId, bot_id: botId } };
}

/** Slack's error answers have HTTP status 200. */
function refusal(error: string, details: Record<string, unknown> = {}): Answer {
  return { status: 200, body: { ok: false, error, ...details }, error };
}

function rateLimited(retryAfter: string | undefined): Answer {
  return {
    ...refusal('ratelimited'),
    status: 429,
    ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }),
  };
}
