/** Posting and reading messages of channels and chats. */
import { z } from 'zod';
import type { Answer } from '../call.js';
import type { GraphContent, SandboxPost } from '../posts.js';
import { badRequest, forbidden, notFound, tooLarge } from './errors.js';
import { sanitiseAsTeams, textOfHtml, unescapeHtml } from './html.js';
import { GRAPH_USER, placeOf, webUrlOf } from './directory.js';
import { checkMentions, mentionsSchema } from './mentions.js';
import { graphMessageId } from './messageId.js';
import { pageOf } from './paging.js';
import type { OperationContext } from './operation.js';

/** "Approximately 28 KB": https://learn.microsoft.com/microsoftteams/limits-specifications-teams#chat */
export const MESSAGE_LIMIT_BYTES = 28 * 1024;

const messageSchema = z.object({
  subject: z.string().nullish(),
  importance: z.enum(['normal', 'high', 'urgent']).nullish(),
  body: z.object({
    contentType: z.enum(['text', 'html']).default('text'),
    content: z.string().refine((content) => content.trim() !== ''),
  }),
  attachments: z.array(z.unknown()).nullish(),
  mentions: mentionsSchema.nullish(),
});

export function postMessage(context: OperationContext): Answer {
  placeOf(context);
  return created(add(context));
}

export function postReply(context: OperationContext): Answer {
  placeOf(context);
  const parent = visible(rootOf(context));
  return created(add(context, parent.id));
}

export function updateMessage(context: OperationContext): Answer {
  placeOf(context);
  return update(context, rootOf(context));
}

export function updateReply(context: OperationContext): Answer {
  placeOf(context);
  const root = rootOf(context);
  const reply = context.posts.answersTo(root).find(({ id }) => id === context.replyId);
  if (!reply) throw notFound('The reply');
  return update(context, reply);
}

function update({ body, policy, posts }: OperationContext, post: SandboxPost): Answer {
  visible(post);
  if (post.author !== undefined) throw forbidden('Only the sender can change a message.');
  if (!policy.editSentMessages) {
    throw forbidden('The messaging policy does not allow the user to edit sent messages.');
  }
  const content = contentOf(body);
  posts.edit(post, { content, ...derivedFrom(content) });
  return { status: 204 };
}

export function getMessage(context: OperationContext): Answer {
  placeOf(context);
  return { status: 200, body: messageObject(messageOf(context)) };
}

/** Newest first, without replies. The page's size is the only option that Graph allows here. */
export function listChannelMessages(context: OperationContext): Answer {
  placeOf(context);
  const { posts, path, requestUrl } = context;
  const messages = posts.of('teams', path).filter(({ replyTo }) => replyTo === undefined);
  return list(pageOf(requestUrl, messages.reverse(), { filter: 'none', orderBy: false }));
}

/** Newest first by creation, or by last change where the filter is on that. */
export function listChatMessages(context: OperationContext): Answer {
  placeOf(context);
  const { posts, path, requestUrl } = context;
  const messages = [...posts.of('teams', path)].reverse();
  return list(pageOf(requestUrl, messages, { filter: 'any', orderBy: true }));
}

export function listReplies(context: OperationContext): Answer {
  placeOf(context);
  const { posts, requestUrl } = context;
  const replies = posts.answersTo(rootOf(context));
  return list(pageOf(requestUrl, replies.reverse(), { filter: 'none', orderBy: false }));
}

/** https://learn.microsoft.com/graph/api/chatmessage-delta: its filter is `lastModifiedDateTime gt …`. */
export function messagesDelta(context: OperationContext): Answer {
  placeOf(context);
  const { posts, path, requestUrl } = context;
  const messages = posts.of('teams', path).filter(({ replyTo }) => replyTo === undefined);
  const page = pageOf(requestUrl, messages.reverse(), { filter: 'changed', orderBy: false });
  const answer = list(page);
  if (page.nextLink !== undefined) return answer;
  const deltaLink = new URL(requestUrl.pathname, requestUrl);
  deltaLink.searchParams.set('$filter', `lastModifiedDateTime gt ${new Date().toISOString()}`);
  return {
    ...answer,
    body: { ...(answer.body as object), '@odata.deltaLink': deltaLink.href },
  };
}

function list({ posts, nextLink }: { posts: SandboxPost[]; nextLink?: string }): Answer {
  return {
    status: 200,
    body: {
      '@odata.count': posts.length,
      ...(nextLink !== undefined && { '@odata.nextLink': nextLink }),
      value: posts.map(messageObject),
    },
  };
}

function created(post: SandboxPost): Answer {
  return { status: 201, body: messageObject(post), post };
}

function add({ posts, path, body }: OperationContext, replyTo?: string): SandboxPost {
  const content = contentOf(body);
  const microseconds = posts.nextId();
  const postedAt = Math.floor(microseconds / 1000);
  return posts.add({
    platform: 'teams',
    path,
    id: graphMessageId(posts.of('teams', path), postedAt),
    postedAt,
    ...(replyTo !== undefined && { replyTo }),
    content,
    ...derivedFrom(content),
  });
}

function messageOf({ posts, path, messageId }: OperationContext): SandboxPost {
  const post = posts.find('teams', path, messageId);
  if (!post) throw notFound('The message');
  return post;
}

/** An answer is no message of its own: https://github.com/microsoftgraph/microsoft-graph-docs/issues/18781 */
function rootOf(context: OperationContext): SandboxPost {
  const post = messageOf(context);
  if (post.replyTo !== undefined) throw notFound('The message');
  return post;
}

function visible(post: SandboxPost): SandboxPost {
  if (post.deletedAt !== undefined) throw notFound('The message');
  return post;
}

function contentOf(body: Buffer): GraphContent {
  if (body.length > MESSAGE_LIMIT_BYTES) throw tooLarge();
  const result = messageSchema.safeParse(parseJson(body));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw badRequest(
      `Invalid request body: ${issue?.path.join('.') ?? ''} is missing or malformed.`,
    );
  }
  const { subject, importance, attachments, mentions, body: message } = result.data;
  checkMentions(message, mentions ?? []);
  return {
    kind: 'graph',
    body:
      message.contentType === 'html'
        ? { contentType: 'html', content: sanitiseAsTeams(message.content) }
        : message,
    subject: subject ?? null,
    importance: importance ?? 'normal',
    attachments: attachments ?? [],
    ...(mentions && mentions.length > 0 && { mentions }),
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw badRequest('Unable to read JSON request payload.');
  }
}

function derivedFrom({ body }: GraphContent): { text: string; deliveryId?: string } {
  if (body.contentType === 'text') return { text: body.content };
  const deliveryId = deliveryIdIn(body.content);
  return { text: textOfHtml(body.content), ...(deliveryId !== undefined && { deliveryId }) };
}

/** sendproof's marker, which readers don't see: `itemprop="sendproof:<delivery id>"`. */
function deliveryIdIn(html: string): string | undefined {
  const escaped = /\sitemprop="sendproof:([^"]+)"/.exec(html)?.[1];
  return escaped === undefined ? undefined : unescapeHtml(escaped);
}

function messageObject(post: SandboxPost): Record<string, unknown> {
  const content = post.content as GraphContent;
  const { body, subject, importance, attachments, mentions = [] } = content;
  const [first = '', second = ''] = post.path.split('/');
  const inChat = first === 'chats';
  const createdDateTime = new Date(post.postedAt).toISOString();
  const isDeleted = post.deletedAt !== undefined;
  const editedDateTime = post.editedAt === undefined ? null : new Date(post.editedAt).toISOString();
  return {
    id: post.id,
    replyToId: post.replyTo ?? null,
    etag: String(post.editedAt ?? post.postedAt),
    messageType: 'message',
    createdDateTime,
    lastModifiedDateTime: editedDateTime ?? createdDateTime,
    lastEditedDateTime: editedDateTime,
    deletedDateTime: isDeleted ? new Date(post.deletedAt ?? 0).toISOString() : null,
    subject,
    summary: null,
    chatId: inChat ? second : null,
    importance,
    locale: 'en-us',
    webUrl: inChat ? null : webUrlOf(post.path, post.id, post.replyTo),
    from: {
      application: null,
      device: null,
      user: {
        id: post.author ?? GRAPH_USER.id,
        displayName: post.author ?? GRAPH_USER.displayName,
        userIdentityType: 'aadUser',
        tenantId: GRAPH_USER.tenantId,
      },
    },
    body: isDeleted ? { contentType: 'html', content: '' } : body,
    channelIdentity: inChat ? null : { teamId: first, channelId: second },
    attachments: isDeleted ? [] : attachments,
    mentions: isDeleted ? [] : mentions,
    reactions: [],
  };
}
