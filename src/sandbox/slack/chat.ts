/** The `chat.*` methods. */
import { z } from 'zod';
import type { Place } from '../places.js';
import type { SandboxPost, SlackContent } from '../posts.js';
import { SlackError, type SlackArguments } from './arguments.js';
import { checkBlocks } from './blocks.js';
import {
  channelByIdOf,
  messageObject,
  messageOf,
  ownMessageOf,
  writableChannelOf,
} from './channel.js';
import { slackTs } from './ts.js';
import { SLACK_WORKSPACE } from './workspace.js';
import type { MethodContext, MethodResult } from './method.js';

/** Longer text is cut: https://docs.slack.dev/changelog/2018-truncating-really-long-messages */
const TEXT_LIMIT = 40_000;
/**
 * Undocumented, as seen by others (https://github.com/slackapi/java-slack-sdk/issues/704): text that no blocks replace is
 * posted as several messages of about so many characters, which are cut wherever that is.
 */
const SPLIT_AT = 4_000;
/** https://docs.slack.dev/reference/methods/chat.update#errors */
const UPDATED_TEXT_LIMIT = 4_000;
/** https://docs.slack.dev/reference/methods/chat.postMessage#markdown */
const MARKDOWN_TEXT_LIMIT = 12_000;
/** "8 KB": https://docs.slack.dev/messaging/message-metadata */
const METADATA_LIMIT_BYTES = 8 * 1024;

const TRUNCATED = {
  response_metadata: {
    warnings: ['message_truncated'],
    messages: [
      '[WARN] Your message was truncated but still posted. The `text` field accepts up to 40,000 characters.',
    ],
  },
};

const metadataSchema = z.object({
  event_type: z.string().min(1),
  event_payload: z.record(z.string(), z.unknown()),
});

export function postMessage(context: MethodContext): MethodResult {
  const { args, posts } = context;
  const channel = writableChannelOf(context);
  const content = contentOf(args);
  const thread = threadOf(context, channel);
  const broadcast = thread !== undefined && args.flag('reply_broadcast');
  const truncated = content.text.length > TEXT_LIMIT;
  if (truncated) content.text = content.text.slice(0, TEXT_LIMIT);

  const [first = '', ...rest] = content.blocks ? [content.text] : splitAsSlackDoes(content.text);
  const add = (each: SlackContent): SandboxPost => {
    const deliveryId = deliveryIdOf(each);
    const microseconds = posts.nextId();
    return posts.add({
      platform: 'slack',
      path: channel.path,
      id: slackTs(microseconds),
      text: each.text,
      ...(deliveryId !== undefined && { deliveryId }),
      postedAt: Math.floor(microseconds / 1000),
      ...(thread !== undefined && { replyTo: thread }),
      ...(broadcast && { broadcast }),
      content: each,
    });
  };
  const post = add({ ...content, text: first });
  // Only the first has the metadata, and only the first is in the answer.
  for (const text of rest) add({ ...withoutMetadata(content), text });
  return {
    body: {
      channel: channel.path,
      ts: post.id,
      message: messageObject(post, { metadata: true }),
      ...(truncated && TRUNCATED),
    },
    post,
  };
}

const TS = /^\d{1,12}\.\d{6}$/;

/**
 * The first message of the thread that a message is posted in. Where that message is gone, Slack posts in the channel, as seen by
 * others (https://github.com/slack-go/slack/issues/1571). A deleted message that has answers keeps its thread.
 *
 * @throws SlackError `thread_not_found` for text that is no time
 */
function threadOf({ args, posts }: MethodContext, channel: Place): string | undefined {
  const ts = args.text('thread_ts');
  if (ts === undefined || ts === '') return undefined;
  if (!TS.test(ts)) throw new SlackError('thread_not_found');
  const answered = posts.find('slack', channel.path, ts);
  return answered && (answered.replyTo ?? answered.id);
}

/** Without regard to words, links or code, but never inside a code point. */
function splitAsSlackDoes(text: string): string[] {
  const characters = Array.from(text);
  const pieces: string[] = [];
  for (let start = 0; start === 0 || start < characters.length; start += SPLIT_AT) {
    pieces.push(characters.slice(start, start + SPLIT_AT).join(''));
  }
  return pieces;
}

function withoutMetadata({ kind, text, username }: SlackContent): SlackContent {
  return { kind, text, ...(username !== undefined && { username }) };
}

export function updateMessage(context: MethodContext): MethodResult {
  const { args, workspace } = context;
  const ts = args.required('ts');
  channelByIdOf(context);
  const channel = writableChannelOf(context);
  const post = ownMessageOf(context, channel, ts, 'cant_update_message');
  if (Date.now() - post.postedAt > workspace.editWindowMs) {
    throw new SlackError('edit_window_closed');
  }
  if (args.flag('reply_broadcast')) return broadcastAnswer(context, channel, post);
  const content = contentOf(args);
  if (Buffer.byteLength(content.text) > UPDATED_TEXT_LIMIT) throw new SlackError('msg_too_long');
  context.posts.edit(post, editOf(post, content, !args.has('attachments')));
  return {
    body: {
      channel: channel.path,
      ts: post.id,
      text: content.text,
      message: messageObject(post, { metadata: true }),
    },
  };
}

/** An answer can be shown in the channel later, but not changed at the same time. */
function broadcastAnswer(context: MethodContext, channel: Place, post: SandboxPost): MethodResult {
  if (post.replyTo === undefined) throw new SlackError('cant_broadcast_message');
  if (context.args.has('text') || context.args.has('blocks')) {
    throw new SlackError('no_dual_broadcast_content_update');
  }
  context.posts.edit(post, { broadcast: true });
  const message = messageObject(post, { metadata: true });
  return { body: { channel: channel.path, ts: post.id, text: post.text, message } };
}

export function deleteMessage(context: MethodContext): MethodResult {
  channelByIdOf(context);
  const channel = writableChannelOf(context);
  const ts = context.args.required('ts');
  const post = ownMessageOf(context, channel, ts, 'cant_delete_message');
  context.posts.remove(post);
  return { body: { channel: channel.path, ts: post.id } };
}

export function getPermalink(context: MethodContext): MethodResult {
  const channel = channelByIdOf(context);
  const post = messageOf(context, channel, context.args.required('message_ts'));
  return {
    body: {
      channel: channel.path,
      permalink: `${SLACK_WORKSPACE.url}archives/${channel.path}/p${post.id.replace('.', '')}`,
    },
  };
}

/** Metadata and attachments that aren't sent again stay: https://docs.slack.dev/reference/methods/chat.update */
function editOf(
  post: SandboxPost,
  content: SlackContent,
  keepsAttachments: boolean,
): Partial<SandboxPost> {
  const earlier = post.content as SlackContent;
  const metadata = content.metadata ?? earlier.metadata;
  const attachments = keepsAttachments ? earlier.attachments : content.attachments;
  return {
    text: content.text,
    content: { ...content, ...(metadata && { metadata }), ...(attachments && { attachments }) },
  };
}

/** @throws SlackError for content that Slack refuses */
function contentOf(args: SlackArguments): SlackContent {
  const blocks = blocksOf(args);
  const markdown = args.text('markdown_text');
  if (markdown !== undefined && markdown.length > MARKDOWN_TEXT_LIMIT) {
    throw new SlackError('msg_too_long');
  }
  if (markdown !== undefined && (blocks ?? args.text('text'))) {
    throw new SlackError('markdown_text_conflict');
  }
  const text = args.text('text') ?? markdown ?? '';
  const attachments = attachmentsOf(args);
  if (text.trim() === '' && !blocks && !attachments) throw new SlackError('no_text');
  const metadata = metadataOf(args);
  const username = args.text('username');
  return {
    kind: 'slack',
    text,
    ...(blocks && { blocks }),
    ...(attachments && { attachments }),
    ...(metadata && { metadata }),
    ...(username !== undefined && { username }),
  };
}

function blocksOf(args: SlackArguments): Record<string, unknown>[] | undefined {
  const blocks = args.structure('blocks', 'invalid_blocks_format');
  if (blocks === undefined) return undefined;
  if (!Array.isArray(blocks)) throw new SlackError('invalid_blocks_format');
  if (blocks.length === 0) return undefined;
  const problem = checkBlocks(blocks);
  if (problem) {
    const { error, messages } = problem;
    throw new SlackError(error, {
      ...(messages.length > 0 && { errors: messages }),
      response_metadata: { messages: messages.map((each) => `[ERROR] ${each}`) },
    });
  }
  return blocks as Record<string, unknown>[];
}

/** https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const MOST_ATTACHMENTS = 100;
const attachmentsSchema = z.array(z.record(z.string(), z.unknown()));

function attachmentsOf(args: SlackArguments): SlackContent['attachments'] {
  const given = args.structure('attachments', 'invalid_attachments');
  if (given === undefined) return undefined;
  const { data, success } = attachmentsSchema.safeParse(given);
  if (!success) throw new SlackError('invalid_attachments');
  if (data.length > MOST_ATTACHMENTS) throw new SlackError('too_many_attachments');
  return data.length === 0 ? undefined : data;
}

function metadataOf(args: SlackArguments): SlackContent['metadata'] {
  const metadata = args.structure('metadata', 'invalid_metadata_format');
  if (metadata === undefined) return undefined;
  const result = metadataSchema.safeParse(metadata);
  if (!result.success) throw new SlackError('invalid_metadata_schema');
  if (Buffer.byteLength(JSON.stringify(result.data)) > METADATA_LIMIT_BYTES) {
    throw new SlackError('metadata_too_large');
  }
  return result.data;
}

function deliveryIdOf({ metadata }: SlackContent): string | undefined {
  const { delivery_id: deliveryId } = metadata?.event_payload ?? {};
  return typeof deliveryId === 'string' ? deliveryId : undefined;
}
