/** The `conversations.*` methods. */
import { own } from '../../lib/own.js';
import type { Place } from '../places.js';
import type { SandboxPost } from '../posts.js';
import { SlackError, type SlackArguments } from './arguments.js';
import { channelByIdOf, joinedChannelByIdOf, messageObject } from './channel.js';
import { SLACK_WORKSPACE } from './workspace.js';
import type { MethodContext, MethodResult } from './method.js';

const DEFAULT_LIMIT = 100;
const MAXIMUM_LIMIT = 999;
const TS = /^\d+(\.\d{1,6})?$/;

/** Newest first, answers left out that are not shown in the channel: https://docs.slack.dev/reference/methods/conversations.history */
export function conversationHistory(context: MethodContext): MethodResult {
  const channel = joinedChannelByIdOf(context);
  const inRange = rangeOf(context.args);
  const messages = context.posts
    .of('slack', channel.path)
    .filter((post) => (post.replyTo === undefined || post.broadcast) && inRange(post))
    .reverse();
  return page(context, messages);
}

/** The thread's parent, then its replies, oldest first. */
export function conversationReplies(context: MethodContext): MethodResult {
  const channel = joinedChannelByIdOf(context);
  const ts = context.args.required('ts');
  const posts = context.posts.of('slack', channel.path);
  const parent = posts.find((post) => post.id === ts);
  if (!parent) throw new SlackError('thread_not_found');
  const inRange = rangeOf(context.args);
  const replies = posts.filter((post) => post.replyTo === ts && inRange(post));
  return page(context, [parent, ...replies]);
}

const SCOPES_BY_TYPE: Readonly<Record<string, string>> = {
  public_channel: 'channels:read',
  private_channel: 'groups:read',
  im: 'im:read',
  mpim: 'mpim:read',
};

/** https://docs.slack.dev/reference/methods/conversations.list */
export function listConversations({ args, credentials, places }: MethodContext): MethodResult {
  const types = (args.text('types') ?? 'public_channel').split(',').map((type) => type.trim());
  for (const type of types) {
    const scope = own(SCOPES_BY_TYPE, type);
    if (scope === undefined) throw new SlackError('invalid_types');
    if (!credentials.scopes.includes(scope)) {
      throw new SlackError('missing_scope', {
        needed: scope,
        provided: credentials.scopes.join(','),
      });
    }
  }
  const channels = places
    .list()
    .filter(({ platform }) => platform === 'slack')
    .filter(({ path, member }) => types.includes(typeOf(path)) && (member || path.startsWith('C')))
    .filter(({ archived }) => !(archived && args.flag('exclude_archived')));
  const limit = limitOf(args);
  const start = Number(Buffer.from(args.text('cursor') ?? '', 'base64').toString() || 0);
  if (!Number.isInteger(start) || start > channels.length) throw new SlackError('invalid_cursor');
  const next = start + limit < channels.length ? String(start + limit) : '';
  return {
    body: {
      channels: channels.slice(start, start + limit).map(channelObject),
      response_metadata: { next_cursor: Buffer.from(next).toString('base64') },
    },
  };
}

function typeOf(path: string): string {
  if (path.startsWith('C')) return 'public_channel';
  return path.startsWith('G') ? 'private_channel' : 'im';
}

export function conversationInfo(context: MethodContext): MethodResult {
  return { body: { channel: channelObject(channelByIdOf(context)) } };
}

function channelObject({ archived, member, name, path }: Place): Record<string, unknown> {
  return {
    id: path,
    name: name ?? path.toLowerCase(),
    is_channel: path.startsWith('C'),
    is_group: path.startsWith('G'),
    is_im: path.startsWith('D'),
    is_private: !path.startsWith('C'),
    is_archived: archived,
    is_member: member,
    context_team_id: SLACK_WORKSPACE.teamId,
  };
}

function rangeOf(args: SlackArguments): (post: SandboxPost) => boolean {
  const oldest = microsecondsOf(args, 'oldest', 'invalid_ts_oldest') ?? 0;
  const latest = microsecondsOf(args, 'latest', 'invalid_ts_latest') ?? Infinity;
  const inclusive = args.flag('inclusive');
  return ({ id }) => {
    const at = toMicroseconds(id);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  };
}

function microsecondsOf(args: SlackArguments, name: string, refusal: string): number | undefined {
  const ts = args.text(name);
  if (ts === undefined || ts === '') return undefined;
  if (!TS.test(ts)) throw new SlackError(refusal);
  return toMicroseconds(ts);
}

/** Exact, which a floating-point multiplication of the seconds would not be. */
function toMicroseconds(ts: string): number {
  const [seconds = '0', fraction = ''] = ts.split('.');
  return Number(seconds) * 1e6 + Number(fraction.padEnd(6, '0'));
}

function page({ args, posts }: MethodContext, messages: SandboxPost[]): MethodResult {
  const limit = limitOf(args);
  const start = positionOf(args.text('cursor'), messages);
  const shown = messages.slice(start, start + limit);
  const next = messages[start + limit];
  const metadata = args.flag('include_all_metadata');
  const answers = posts.answerCounts(messages[0]);
  return {
    body: {
      messages: shown.map((post) =>
        messageObject(post, { metadata, answers: answers.get(post.id) ?? 0 }),
      ),
      has_more: next !== undefined,
      ...(next && { response_metadata: { next_cursor: cursorTo(next) } }),
    },
  };
}

function limitOf(args: SlackArguments): number {
  const limit = Number(args.text('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAXIMUM_LIMIT) {
    throw new SlackError('invalid_limit');
  }
  return limit;
}

/** A cursor names the message that the next page begins with, so that newer posts don't shift it. */
function cursorTo(post: SandboxPost): string {
  return Buffer.from(`next_ts:${post.id}`).toString('base64');
}

function positionOf(cursor: string | undefined, messages: SandboxPost[]): number {
  if (cursor === undefined || cursor === '') return 0;
  const ts = /^next_ts:(.+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  const position = messages.findIndex((post) => post.id === ts);
  if (position < 0) throw new SlackError('invalid_cursor');
  return position;
}
