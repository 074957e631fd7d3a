/** Messages of spaces: https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages */
import { z } from 'zod';
import { own } from '../../lib/own.js';
import type { Answer, SandboxState } from '../call.js';
import type { ChatContent, SandboxPost } from '../posts.js';
import { cardsSchema, textOfCards } from './cards.js';
import { ChatRefusal, invalid, notFound } from './errors.js';

/** "The maximum message size, including text and cards, is 32,000 bytes." */
export const MESSAGE_LIMIT_BYTES = 32_000;

/** A request below `spaces/<space>`, of somebody who is allowed to make it. */
export interface ChatContext extends SandboxState {
  space: string;
  /** What follows `messages/`; empty on requests that name no message. */
  message: string;
  caller: 'app' | 'webhook';
  query: URLSearchParams;
  body: Buffer;
}

const bodySchema = z.strictObject({
  text: z.string().optional(),
  cardsV2: cardsSchema.optional(),
  thread: z
    .strictObject({ name: z.string().optional(), threadKey: z.string().max(4_000).optional() })
    .optional(),
  fallbackText: z.string().optional(),
});
type MessageBody = z.infer<typeof bodySchema>;

const REPLY_OPTIONS = [
  'MESSAGE_REPLY_OPTION_UNSPECIFIED',
  'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD',
  'REPLY_MESSAGE_OR_FAIL',
];

const MESSAGE_ID = /^client-[a-z0-9-]{1,56}$/;

/** The one message of all requests with this request id. Its content is that of the first. */
export function createMessage(context: ChatContext): Answer {
  const { caller, query } = context;
  const requestId = query.get('requestId') ?? undefined;
  const body = parsedBody(context);
  const earlier = requestId === undefined ? undefined : findByRequestId(context, requestId);
  if (earlier) {
    if (contentOf(earlier).sender !== caller) {
      throw invalid('The request ID was used with other credentials.');
    }
    return { status: 200, body: answered(context, earlier, body) };
  }
  const messageId = newMessageId(context);
  const { thread, threadKey } = placeOf(context, body);
  const identity = identified(context, thread);
  const content: ChatContent = {
    kind: 'chat',
    sender: caller,
    ...contentFrom(body),
    thread: thread ?? identity.id.split('.')[0] ?? '',
    ...(threadKey !== undefined && { threadKey }),
    ...(messageId !== undefined && { clientAssignedMessageId: messageId }),
    ...(requestId !== undefined && { requestId }),
  };
  const post = context.posts.add({ ...identity, text: shownText(content), content });
  return { status: 200, body: answered(context, post, body), post };
}

export function getMessage(context: ChatContext): Answer {
  return { status: 200, body: messageObject(context.space, messageOf(context)) };
}

export function patchMessage(context: ChatContext): Answer {
  const post = ownMessage(context);
  const mask = (context.query.get('updateMask') ?? '').split(',').filter((path) => path !== '');
  if (mask.length === 0) throw invalid('update_mask is required.');
  const fields = mask.map((path) => own(MASKED, path));
  if (fields.includes(undefined)) throw invalid(`Invalid update mask: ${mask.join(',')}.`);
  const body = parsedBody(context);
  const content = contentOf(post);
  const changed: ChatContent = {
    ...content,
    ...(fields.includes('text') && { text: body.text ?? '' }),
    ...(fields.includes('cardsV2') && { cardsV2: body.cardsV2 ?? [] }),
  };
  assertShowsSomething(changed, context.space);
  context.posts.edit(post, { content: changed, text: shownText(changed) });
  return { status: 200, body: messageObject(context.space, post) };
}

export function deleteMessage(context: ChatContext): Answer {
  context.posts.remove(ownMessage(context));
  return { status: 200, body: {} };
}

const MASKED: Record<string, 'text' | 'cardsV2'> = {
  text: 'text',
  cardsV2: 'cardsV2',
  cards_v2: 'cardsV2',
};

function contentOf(post: SandboxPost): ChatContent {
  return post.content as ChatContent;
}

function findByRequestId({ posts, space }: ChatContext, id: string): SandboxPost | undefined {
  return posts.of('google-chat', space).find((post) => contentOf(post).requestId === id);
}

/** By the id that Chat gave it, or by the app's own. */
function messageOf({ message, posts, space }: ChatContext): SandboxPost {
  const found = posts
    .of('google-chat', space)
    .find((post) => post.id === message || contentOf(post).clientAssignedMessageId === message);
  if (!found || found.deletedAt !== undefined) throw notFound();
  return found;
}

/** An app changes only what it has posted itself. */
function ownMessage(context: ChatContext): SandboxPost {
  const post = messageOf(context);
  if (contentOf(post).sender === 'app') return post;
  throw new ChatRefusal(
    'PERMISSION_DENIED',
    'The caller does not have permission to change this message.',
  );
}

function newMessageId({ posts, query, space }: ChatContext): string | undefined {
  const id = query.get('messageId');
  if (id === null) return undefined;
  if (!MESSAGE_ID.test(id)) {
    throw invalid(
      'The message ID must begin with "client-" and have at most 63 lower-case letters, digits and hyphens.',
    );
  }
  const isUsed = posts
    .of('google-chat', space)
    .some((post) => contentOf(post).clientAssignedMessageId === id);
  if (isUsed) throw new ChatRefusal('ALREADY_EXISTS', 'Requested entity already exists.');
  return id;
}

/** The thread that is named, where it exists; its key, where it is to begin with this message. */
function placeOf(
  { posts, query, space }: ChatContext,
  { thread }: MessageBody,
): { thread?: string; threadKey?: string } {
  const option = query.get('messageReplyOption') ?? 'MESSAGE_REPLY_OPTION_UNSPECIFIED';
  if (!REPLY_OPTIONS.includes(option)) {
    throw invalid(`Invalid value at 'message_reply_option': "${option}".`);
  }
  if (option === 'MESSAGE_REPLY_OPTION_UNSPECIFIED' || !thread) return {};
  const { name, threadKey } = thread;
  const id = new RegExp(`^spaces/${space}/threads/([^/]+)$`).exec(name ?? '')?.[1];
  const inThread = posts
    .of('google-chat', space)
    .map(contentOf)
    .find((each) => (name === undefined ? each.threadKey === threadKey : each.thread === id));
  if (inThread) {
    return {
      thread: inThread.thread,
      ...(inThread.threadKey !== undefined && { threadKey: inThread.threadKey }),
    };
  }
  if (option === 'REPLY_MESSAGE_OR_FAIL') throw notFound();
  return name === undefined && threadKey !== undefined ? { threadKey } : {};
}

function parsedBody({ body, caller, space }: ChatContext): MessageBody {
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch {
    throw invalid('Invalid JSON payload received. Unexpected token.');
  }
  const { data, error } = bodySchema.safeParse(json);
  if (!data) {
    const [issue] = error.issues;
    const where = issue?.path.join('.') ?? '';
    throw invalid(
      `Invalid JSON payload received. Invalid value or unknown name${where ? ` at '${where}'` : ''}.`,
    );
  }
  if (body.length > MESSAGE_LIMIT_BYTES) {
    throw invalid('The message is larger than the maximum of 32,000 bytes.');
  }
  if (caller === 'webhook' && data.cardsV2) {
    throw invalid('Only a Chat app can create messages with cards.');
  }
  assertShowsSomething(contentFrom(data), space);
  return data;
}

type Shown = Pick<ChatContent, 'text' | 'cardsV2'>;

function contentFrom({ cardsV2 = [], text = '' }: MessageBody): Shown {
  return { text, ...(cardsV2.length > 0 && { cardsV2 }) };
}

function assertShowsSomething({ cardsV2 = [], text }: Shown, space: string): void {
  if (text.trim() !== '' || cardsV2.length > 0) return;
  throw invalid(
    `Message cannot be empty. Discarding empty create message request in spaces/${space}.`,
  );
}

function shownText({ cardsV2 = [], text }: Shown): string {
  return [text, textOfCards(cardsV2)].filter((each) => each !== '').join('\n');
}

/** Chat's ids have the thread's and the message's own part. */
function identified(
  { posts, space }: ChatContext,
  thread: string | undefined,
): Pick<SandboxPost, 'platform' | 'path' | 'id' | 'postedAt' | 'replyTo'> {
  const microseconds = posts.nextId();
  const own = microseconds.toString(36);
  const root = posts.of('google-chat', space).find((post) => contentOf(post).thread === thread);
  return {
    platform: 'google-chat',
    path: space,
    id: `${thread ?? own}.${own}`,
    postedAt: Math.floor(microseconds / 1_000),
    ...(thread !== undefined && root && { replyTo: root.id }),
  };
}

/** The full message for an app. A webhook is answered what it sent, with the names that Chat has given. */
function answered({ caller, space }: ChatContext, post: SandboxPost, body: MessageBody): object {
  const { name, thread, ...others } = messageObject(space, post);
  return caller === 'webhook'
    ? { ...body, name, thread }
    : { name, thread, ...others, ...echo(body) };
}

/** "The API echoes the message in your request", whatever the message has become since. */
function echo({ cardsV2, text }: MessageBody): object {
  return { ...(text !== undefined && { text }), ...(cardsV2 && { cardsV2 }) };
}

function messageObject(space: string, post: SandboxPost) {
  const { cardsV2, clientAssignedMessageId, text, thread, threadKey } = contentOf(post);
  return {
    name: `spaces/${space}/messages/${post.id}`,
    thread: {
      name: `spaces/${space}/threads/${thread}`,
      ...(threadKey !== undefined && { threadKey }),
    },
    sender: { name: 'users/100000000000000000001', displayName: 'sendproof', type: 'BOT' },
    createTime: new Date(post.postedAt).toISOString(),
    ...(post.editedAt !== undefined && { lastUpdateTime: new Date(post.editedAt).toISOString() }),
    text,
    ...(cardsV2 && { cardsV2 }),
    space: { name: `spaces/${space}`, type: 'ROOM', spaceType: 'SPACE' },
    ...(post.replyTo !== undefined && { threadReply: true }),
    ...(clientAssignedMessageId !== undefined && { clientAssignedMessageId }),
  };
}
