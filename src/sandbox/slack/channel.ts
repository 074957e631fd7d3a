/** The channel of a method's call, and whether the app may use it. */
import type { Place } from '../places.js';
import type { SandboxPost, SlackContent } from '../posts.js';
import { SlackError } from './arguments.js';
import { SLACK_WORKSPACE } from './workspace.js';
import type { MethodContext } from './method.js';
import { directMessagesWith } from './users.js';

/** By its id or its name, or that of a person, as only posts may name it. @throws SlackError `channel_not_found` */
export function channelOf(context: MethodContext): Place {
  const { args, places, workspace } = context;
  const wanted = args.required('channel');
  const person = workspace.people.withId(wanted);
  if (person) return directMessagesWith(context, person);
  const channel = places.findSlackChannel(wanted);
  if (!channel) throw new SlackError('channel_not_found');
  return channel;
}

/** Only by its id. @throws SlackError `channel_not_found` */
export function channelByIdOf({ args, places }: MethodContext): Place {
  const channel = places.find('slack', args.required('channel'));
  if (!channel) throw new SlackError('channel_not_found');
  return channel;
}

/** Only by its id. @throws SlackError `channel_not_found` or `not_in_channel` */
export function joinedChannelByIdOf(context: MethodContext): Place {
  return joined(channelByIdOf(context));
}

function joined(channel: Place): Place {
  if (!channel.member) throw new SlackError('not_in_channel');
  return channel;
}

/** @throws SlackError `channel_not_found`, `not_in_channel` or `is_archived` */
export function writableChannelOf(context: MethodContext): Place {
  const channel = joined(channelOf(context));
  if (channel.archived) throw new SlackError('is_archived');
  return channel;
}

/** @throws SlackError `message_not_found` */
export function messageOf({ posts }: MethodContext, channel: Place, ts: string): SandboxPost {
  const post = posts.find('slack', channel.path, ts);
  if (!post || post.deletedAt !== undefined) throw new SlackError('message_not_found');
  return post;
}

/** @throws SlackError `message_not_found`, or `refusal` for a message of somebody else */
export function ownMessageOf(
  context: MethodContext,
  channel: Place,
  ts: string,
  refusal: string,
): SandboxPost {
  const post = messageOf(context, channel, ts);
  if (post.author !== undefined) throw new SlackError(refusal);
  return post;
}

/** The message object: https://docs.slack.dev/reference/events/message */
export function messageObject(
  post: SandboxPost,
  options: { metadata: boolean; answers?: number },
): Record<string, unknown> {
  const { answers = 0 } = options;
  const thread =
    answers === 0 ? {} : { thread_ts: post.id, reply_count: answers, subscribed: false };
  if (post.deletedAt !== undefined) {
    const text = 'This message was deleted.';
    const hidden = { subtype: 'tombstone', user: 'USLACKBOT', hidden: true };
    return { type: 'message', ...hidden, ts: post.id, text, ...thread };
  }
  const content = post.content as SlackContent;
  const { userId, botId, appId, teamId } = SLACK_WORKSPACE;
  return {
    type: 'message',
    ...(post.broadcast && { subtype: 'thread_broadcast' }),
    ...(post.author === undefined
      ? { user: userId, bot_id: botId, app_id: appId }
      : { user: post.author }),
    team: teamId,
    ts: post.id,
    ...thread,
    text: content.text,
    ...(content.username !== undefined && { username: content.username }),
    ...(content.blocks && { blocks: content.blocks }),
    ...(content.attachments && { attachments: content.attachments }),
    ...(options.metadata && content.metadata && { metadata: content.metadata }),
    ...(post.replyTo !== undefined && { thread_ts: post.replyTo }),
    ...(post.editedAt !== undefined && {
      edited: { user: userId, ts: (post.editedAt / 1000).toFixed(6) },
    }),
  };
}
