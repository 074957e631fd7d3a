/** Discord, as far as messages of channels and webhooks go: https://docs.discord.com/developers/reference */
import type {
  Answer,
  PlatformCall,
  PlatformRequest,
  SandboxState,
  SimulatedPlatform,
} from '../call.js';
import { decodeSegment } from '../pathSegment.js';
import type { Place } from '../places.js';
import { authoriseBot, authoriseWebhook, BOT_ID } from './credentials.js';
import {
  DISCORD_ERROR_ANSWERS,
  DiscordRefusal,
  invalidForm,
  notFound,
  refusalAnswer,
  tooManyRequests,
} from './errors.js';
import {
  createMessage,
  deleteMessage,
  editMessage,
  getMessage,
  listMessages,
  type DiscordContext,
} from './messages.js';
import { RateWindows, type RateWindow } from './rateWindows.js';

const DISCORD_PATH = /^\/api\/(?:(v\d+)\/)?((?:channels|users|webhooks)\/.*)$/;

export function isDiscordPath(path: string): boolean {
  return DISCORD_PATH.test(path);
}

interface Operation {
  name: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The URL below the version. */
  route: RegExp;
  /** Discord publishes no figures: these are what its headers have been seen to say. */
  limit: { requests: number; seconds: number };
  run: (context: DiscordContext, place: Place) => Answer;
}

const CHANNEL = 'channels/(?<channel>[^/]+)';
const WEBHOOK = 'webhooks/(?<webhook>[^/]+)/(?<token>[^/]+)';
const ID = '/messages/(?<message>[^/]+)';
const POSTS = { requests: 5, seconds: 5 };
const READS = { requests: 50, seconds: 1 };
const WEBHOOKS = { requests: 5, seconds: 2 };

const OPERATIONS: Operation[] = [
  operation('createMessage', 'POST', `${CHANNEL}/messages`, POSTS, createMessage),
  operation('listMessages', 'GET', `${CHANNEL}/messages`, READS, listMessages),
  operation('getMessage', 'GET', CHANNEL + ID, READS, getMessage),
  operation('editMessage', 'PATCH', CHANNEL + ID, POSTS, editMessage),
  operation('deleteMessage', 'DELETE', CHANNEL + ID, POSTS, deleteMessage),
  operation('getChannel', 'GET', CHANNEL, READS, getChannel),
  operation('executeWebhook', 'POST', WEBHOOK, WEBHOOKS, createMessage),
  operation('getWebhook', 'GET', WEBHOOK, WEBHOOKS, getWebhook),
  operation('getWebhookMessage', 'GET', WEBHOOK + ID, WEBHOOKS, getMessage),
  operation('editWebhookMessage', 'PATCH', WEBHOOK + ID, WEBHOOKS, editMessage),
  operation('deleteWebhookMessage', 'DELETE', WEBHOOK + ID, WEBHOOKS, deleteMessage),
];

/** Of a bot: https://docs.discord.com/developers/topics/rate-limits#global-rate-limit */
const GLOBAL: RateWindow = { bucket: 'global', of: 'bot', limit: 50, seconds: 1 };

function operation(
  name: string,
  method: Operation['method'],
  pattern: string,
  limit: Operation['limit'],
  run: Operation['run'],
): Operation {
  return { name, method, route: new RegExp(`^${pattern}$`), limit, run };
}

interface Recognised {
  operation: Operation;
  channel: string;
  message: string;
  /** Of a webhook. */
  token: string | undefined;
}

export function simulateDiscord(state: SandboxState): SimulatedPlatform {
  const windows = new RateWindows();
  return {
    platform: 'discord',
    errorAnswers: DISCORD_ERROR_ANSWERS,
    reset: () => windows.clear(),

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const { method = '', headers } = request;
      const [, version, resource = ''] = DISCORD_PATH.exec(url.pathname) ?? [];
      const recognised = recognise(method, resource);
      const thread = recognised?.token === undefined ? null : url.searchParams.get('thread_id');
      const isMe = method === 'GET' && resource === 'users/@me';
      const name = isMe ? 'getCurrentUser' : (recognised?.operation.name ?? 'unknown');
      return {
        operation: name,
        path: thread ?? recognised?.channel,
        posts: name === 'createMessage' || name === 'executeWebhook',
        execute: () =>
          answerRefusals(() => {
            assertClient(headers['user-agent'], version);
            if (isMe) return currentUser(headers.authorization);
            if (!recognised) throw notFound();
            const { channel, message, operation: called, token } = recognised;
            if (token === undefined) authoriseBot(headers.authorization);
            else authoriseWebhook(token);
            const own = placeOf(channel, token === undefined);
            const place = thread === null ? own : threadOf(thread);
            const context: DiscordContext = {
              ...state,
              channel: thread ?? channel,
              webhook: channel,
              message,
              caller: token === undefined ? 'bot' : 'webhook',
              query: url.searchParams,
              body,
              contentType: headers['content-type'],
            };
            return limited(called, channel, () => called.run(context, place));
          }),
      };
    },
  };

  function placeOf(channel: string, isBot: boolean): Place {
    const place = state.places.find('discord', channel);
    if (!place) {
      throw isBot
        ? new DiscordRefusal(404, 10003, 'Unknown Channel')
        : new DiscordRefusal(404, 10015, 'Unknown Webhook');
    }
    if (isBot && !place.member) throw new DiscordRefusal(403, 50001, 'Missing Access');
    return openPlace(place);
  }

  /** A webhook posts to threads of its channel, too. */
  function threadOf(id: string): Place {
    if (!/^\d{15,20}$/.test(id)) {
      const message = `Value "${id}" is not snowflake.`;
      throw invalidForm({ thread_id: { code: 'NUMBER_TYPE_COERCE', message } });
    }
    const place = state.places.find('discord', id);
    if (!place) throw new DiscordRefusal(404, 10003, 'Unknown Channel');
    return openPlace(place);
  }

  /** The headers say what is left also where the call itself is refused. */
  function limited({ limit, name }: Operation, of: string, run: () => Answer): Answer {
    if (!state.limiter) return run();
    const { isAllowed, headers, resetAfterSeconds } = windows.take({
      bucket: name,
      of,
      limit: limit.requests,
      seconds: limit.seconds,
    });
    if (!isAllowed) return tooManyRequests(resetAfterSeconds, 'user', headers);
    const all = windows.take(GLOBAL);
    if (!all.isAllowed) return tooManyRequests(all.resetAfterSeconds, 'global');
    const answer = answerRefusals(run);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
}

function openPlace(place: Place): Place {
  if (place.archived) throw new DiscordRefusal(400, 50083, 'Thread is archived');
  return place;
}

/** Cloudflare refuses clients that don't say what they are: https://docs.discord.com/developers/reference#user-agent */
function assertClient(userAgent: string | undefined, version: string | undefined): void {
  if (!/^DiscordBot \(.+, .+\)/.test(userAgent ?? '')) {
    throw new DiscordRefusal(403, 40333, 'internal network error');
  }
  if (version !== undefined && !['v9', 'v10'].includes(version)) {
    throw new DiscordRefusal(400, 50041, 'Invalid API version provided');
  }
}

function currentUser(authorization: string | undefined): Answer {
  authoriseBot(authorization);
  return { status: 200, body: { id: BOT_ID, username: 'sendproof', bot: true } };
}

function getChannel({ channel, posts }: DiscordContext, { name }: Place): Answer {
  const last = posts.of('discord', channel).at(-1);
  return {
    status: 200,
    body: { id: channel, type: 0, name: name ?? channel, last_message_id: last?.id ?? null },
  };
}

function getWebhook({ webhook }: DiscordContext, { name }: Place): Answer {
  return {
    status: 200,
    body: { id: webhook, type: 1, channel_id: webhook, name: name ?? webhook },
  };
}

function recognise(method: string, resource: string): Recognised | undefined {
  for (const each of OPERATIONS) {
    const match = each.method === method ? each.route.exec(resource) : null;
    if (!match) continue;
    const { channel, message = '', token, webhook } = match.groups ?? {};
    return {
      operation: each,
      channel: decodeSegment(channel ?? webhook ?? ''),
      message: decodeSegment(message),
      token: token === undefined ? undefined : decodeSegment(token),
    };
  }
  return undefined;
}

function answerRefusals(execute: () => Answer): Answer {
  try {
    return execute();
  } catch (error) {
    if (error instanceof DiscordRefusal) return refusalAnswer(error);
    throw error;
  }
}
