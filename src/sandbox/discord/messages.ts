/** Messages of channels: https://docs.discord.com/developers/resources/message */
import type { Answer, SandboxState } from '../call.js';
import type { ShownLine } from '../markedText.js';
import type { SandboxPost, ShownContent } from '../posts.js';
import { BOT_ID } from './credentials.js';
import { DiscordRefusal, invalidForm, unknownMessage } from './errors.js';
import { readDiscordMarkdown } from './markdown.js';
import {
  parsedForm,
  textsOf,
  type AllowedMentions,
  type Embed,
  type MessageForm,
} from './messageSchema.js';

/** A request about messages of a channel, of somebody who is allowed to make it. */
export interface DiscordContext extends SandboxState {
  channel: string;
  /** The id of the webhook that is called, which is that of its channel. */
  webhook: string;
  /** The id in the path; empty on requests that name no message. */
  message: string;
  caller: 'bot' | 'webhook';
  query: URLSearchParams;
  body: Buffer;
  contentType: string | undefined;
}

/** For how long requests with one nonce make one message. Discord says "a few minutes". */
export const NONCE_MEMORY_MS = 3 * 60_000;

interface Sent {
  author: DiscordContext['caller'];
  /** The id of the webhook; absent of the bot's, and from the journals of earlier releases, where it is the channel's. */
  webhook?: string;
  content: string;
  embeds: Embed[];
  nonce?: string | number;
  /** Whom Discord notifies. */
  notified: string[];
}

export function createMessage(context: DiscordContext): Answer {
  const { caller, posts, query } = context;
  const form = parsedForm(context.body, context.contentType);
  const earlier = caller === 'bot' && form.enforce_nonce ? ofNonce(context, form.nonce) : undefined;
  if (earlier) return { status: 200, body: { ...messageObject(earlier), nonce: form.nonce } };
  const answered = answeredBy(context, form);
  const sent: Sent = {
    author: caller,
    ...(caller === 'webhook' && { webhook: context.webhook }),
    ...shownOf(form),
    ...(caller === 'bot' && form.nonce != null && { nonce: form.nonce }),
  };
  const microseconds = posts.nextId();
  const post = posts.add({
    platform: 'discord',
    path: context.channel,
    id: snowflakeAt(microseconds),
    text: textOf(sent),
    postedAt: Math.floor(microseconds / 1_000),
    ...(answered && { replyTo: answered.id }),
    content: contentOf(sent),
  });
  if (caller === 'webhook' && query.get('wait') !== 'true') return { status: 204, post };
  const nonce = form.nonce != null && caller === 'bot' && { nonce: form.nonce };
  return { status: 200, body: { ...messageObject(post), ...nonce }, post };
}

export function listMessages({ channel, posts, query }: DiscordContext): Answer {
  const limit = Number(query.get('limit') ?? '50');
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    const message = 'int value should be between 1 and 100.';
    throw invalidForm({ limit: { code: 'NUMBER_TYPE_MAX', message } });
  }
  const before = query.get('before');
  const after = query.get('after');
  if (before !== null && after !== null) {
    const message = 'before and after are mutually exclusive.';
    throw invalidForm({ before: { code: 'MUTUALLY_EXCLUSIVE', message } });
  }
  const messages = posts
    .of('discord', channel)
    .filter(
      ({ deletedAt, id }) =>
        deletedAt === undefined &&
        (before === null || BigInt(id) < BigInt(before)) &&
        (after === null || BigInt(id) > BigInt(after)),
    )
    .toReversed();
  const page = after === null ? messages.slice(0, limit) : messages.slice(-limit);
  return { status: 200, body: page.map(messageObject) };
}

export function getMessage(context: DiscordContext): Answer {
  const post = messageOf(context);
  // A webhook reads only what it has posted.
  if (context.caller === 'webhook') assertAuthor(post, context, unknownMessage);
  return { status: 200, body: messageObject(post) };
}

export function editMessage(context: DiscordContext): Answer {
  const { caller } = context;
  const post = messageOf(context);
  assertAuthor(post, context, () =>
    caller === 'webhook'
      ? unknownMessage()
      : new DiscordRefusal(403, 50005, 'Cannot edit a message authored by another user'),
  );
  const form = parsedForm(context.body, context.contentType);
  const before = sentBy(post);
  const { content, embeds, notified } = shownOf({
    ...form,
    content: form.content === undefined ? before.content : form.content,
    embeds: form.embeds === undefined ? before.embeds : form.embeds,
  });
  const sent: Sent = { ...before, content, embeds, notified: [...before.notified, ...notified] };
  context.posts.edit(post, { content: contentOf(sent), text: textOf(sent) });
  return { status: 200, body: messageObject(post) };
}

export function deleteMessage(context: DiscordContext): Answer {
  const post = messageOf(context);
  if (context.caller === 'webhook') assertAuthor(post, context, unknownMessage);
  context.posts.remove(post);
  return { status: 204 };
}

function messageOf({ channel, message, posts }: DiscordContext): SandboxPost {
  const post = posts.find('discord', channel, message);
  if (!post || post.deletedAt !== undefined) throw unknownMessage();
  return post;
}

function assertAuthor(
  post: SandboxPost,
  { caller, webhook: calling }: DiscordContext,
  refusal: () => DiscordRefusal,
): void {
  const { author, webhook = post.path } = sentBy(post);
  const isAnotherWebhook = caller === 'webhook' && webhook !== calling;
  if (post.author !== undefined || author !== caller || isAnotherWebhook) throw refusal();
}

function sentBy({ content }: SandboxPost): Sent {
  return (content as ShownContent).sent as unknown as Sent;
}

function ofNonce(
  { channel, posts }: DiscordContext,
  nonce: MessageForm['nonce'],
): SandboxPost | undefined {
  if (nonce == null) return undefined;
  const since = Date.now() - NONCE_MEMORY_MS;
  return posts
    .of('discord', channel)
    .find((post) => post.postedAt >= since && sentBy(post).nonce === nonce);
}

function answeredBy(
  { caller, channel, posts }: DiscordContext,
  { message_reference: reference }: MessageForm,
): SandboxPost | undefined {
  if (!reference || caller === 'webhook') return undefined;
  const post = posts.find('discord', channel, reference.message_id);
  if (post && post.deletedAt === undefined) return post;
  if (!reference.fail_if_not_exists) return undefined;
  throw invalidForm({
    message_reference: { code: 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE', message: 'Unknown message' },
  });
}

function shownOf(form: MessageForm): Pick<Sent, 'content' | 'embeds' | 'notified'> {
  const content = form.content ?? '';
  const embeds = (form.embeds ?? []).filter((embed) => textsOf(embed).length > 0);
  if (content === '' && embeds.length === 0) {
    throw new DiscordRefusal(400, 50006, 'Cannot send an empty message');
  }
  return { content, embeds, notified: notifiedBy(content, form.allowed_mentions) };
}

/** Discord reads mentions from the content as it was sent, whatever is escaped in it. Those in embeds notify nobody. */
function notifiedBy(content: string, allowed: AllowedMentions | null | undefined): string[] {
  const { parse = [], roles, users } = allowed ?? { parse: ['everyone', 'users', 'roles'] };
  const all = [...content.matchAll(/@(everyone|here)|<@!?(\d+)>|<@&(\d+)>/g)];
  return all.flatMap(([, everyone, user, role]) => {
    if (everyone !== undefined) return parse.includes('everyone') ? [everyone] : [];
    if (user !== undefined) return parse.includes('users') || users?.includes(user) ? [user] : [];
    const id = role ?? '';
    return parse.includes('roles') || roles?.includes(id) ? [id] : [];
  });
}

function contentOf(sent: Sent): ShownContent {
  return { kind: 'shown', lines: linesOf(sent), sent: { ...sent } };
}

function linesOf({ content, embeds }: Sent): ShownLine[] {
  return [
    ...readDiscordMarkdown(content),
    ...embeds.flatMap(({ author, description = '', fields = [], footer, title = '' }) => [
      ...(author ? [lineOf(author.name, author.url)] : []),
      ...readDiscordMarkdown(title),
      ...readDiscordMarkdown(description),
      ...fields.flatMap(({ name, value }) => [
        ...readDiscordMarkdown(name),
        ...readDiscordMarkdown(value),
      ]),
      ...(footer ? [lineOf(footer.text)] : []),
    ]),
  ];
}

function lineOf(text: string, url?: string): ShownLine {
  return { kind: 'text', runs: [{ text, styles: [], ...(url !== undefined && { url }) }] };
}

function textOf({ content, embeds }: Sent): string {
  return [content, ...embeds.flatMap(textsOf)].filter((text) => text !== '').join('\n');
}

/** https://docs.discord.com/developers/reference#snowflakes */
function snowflakeAt(microseconds: number): string {
  const milliseconds = BigInt(Math.floor(microseconds / 1_000)) - 1_420_070_400_000n;
  return String((milliseconds << 22n) | BigInt(microseconds % 1_000));
}

function messageObject(post: SandboxPost): object {
  const { author, content, embeds, webhook = post.path } = sentBy(post);
  return {
    id: post.id,
    channel_id: post.path,
    type: post.replyTo === undefined ? 0 : 19,
    content,
    embeds: embeds.map((embed) => ({ type: 'rich', ...embed })),
    author:
      author === 'bot'
        ? { id: BOT_ID, username: 'sendproof', bot: true }
        : { id: webhook, username: 'sendproof', bot: true },
    ...(author === 'webhook' && { webhook_id: webhook }),
    attachments: [],
    mentions: [],
    timestamp: new Date(post.postedAt).toISOString(),
    edited_timestamp: post.editedAt === undefined ? null : new Date(post.editedAt).toISOString(),
    pinned: false,
    tts: false,
    ...(post.replyTo !== undefined && {
      message_reference: { type: 0, channel_id: post.path, message_id: post.replyTo },
    }),
  };
}
