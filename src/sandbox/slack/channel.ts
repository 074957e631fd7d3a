/** The channel of a method's call, and whether the app may use it. */
import type { Place } from '../places.js';
import type { SandboxPost, SlackContent } from '../posts.js';
import { SlackError } from './arguments.js';
import { SLACK_WORKSPACE } from './workspace.js';
import type { MethodContext } from './method.js';

/** @throws SlackError `channel_not_found` */
export function channelOf({ args, places }: MethodContext): Place {
  const wanted = args.required('channel');
  const channel = places.findSlackChannel(wanted);
  if (!channel) throw new SlackError('channel_not_found');
  return channel;
}

/** @throws SlackError `channel_not_found` or `not_in_channel` */
export function joinedChannelOf(context: MethodContext): Place {
  const channel = channelOf(context);
  if (!channel.member) throw new SlackError('not_in_channel');
  return channel;
}

/** @throws SlackError as `joinedChannelOf`, or `is_archived` */
export function writableChannelOf(context: MethodContext): Place {
  const channel = joinedChannelOf(context);
  if (channel.archived) throw new SlackError('is_archived');
  return channel;
}

/** @throws SlackError `message_not_found` */
export function messageOf({ posts }: MethodContext, channel: Place, ts: string): SandboxPost {
  const post = posts.find('slack', channel.path, ts);
  if (!post) throw new SlackError('message_not_found');
  return post;
}

/** The message object: https://docs.slack.dev/reference/events/message */
export function messageObject(
  post: SandboxPost,
  options: { metadata: boolean },
): Record<string, unknown> {
  const content = post.content as SlackContent;
  const { userId, botId, appId, teamId } = SLACK_WORKSPACE;
  return {
    type: 'message',
    user: userId,
    bot_id: botId,
    app_id: appId,
    team: teamId,
    ts: post.id,
    text: content.text,
    ...(content.username !== undefined && { username: content.username }),
    ...(content.blocks && { blocks: content.blocks }),
    ...(options.metadata && content.metadata && { metadata: content.metadata }),
    ...(post.replyTo !== undefined && { thread_ts: post.replyTo }),
    ...(post.editedAt !== undefined && {
      edited: { user: userId, ts: (post.editedAt / 1000).toFixed(6) },
    }),
  };
}
