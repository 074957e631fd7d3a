/** Posts of channels: https://developers.mattermost.com/api-documentation/#/tags/posts */
import { z } from 'zod';
import type { Answer, SandboxState } from '../call.js';
import type { Place } from '../places.js';
import type { SandboxPost, ShownContent } from '../posts.js';
import { MATTERMOST_BOT } from './credentials.js';
import { invalidParameter, MattermostRefusal, noPermission } from './errors.js';
import { notifiedBy, readMattermostMarkdown } from './markdown.js';

/** In characters. */
const LARGEST_POST = 16_383;

/** For how long requests with one `pending_post_id` make one post. */
const PENDING_MEMORY_MS = 30_000;

interface Sent {
  author: 'bot' | 'webhook';
  message: string;
  props: Record<string, unknown>;
  rootId: string;
  pendingPostId?: string;
  /** Whom the server notifies, by their names. */
  notified: string[];
}

const createSchema = z.object({
  channel_id: z.string(),
  message: z.string().default(''),
  root_id: z.string().default(''),
  pending_post_id: z.string().optional(),
  props: z.record(z.string(), z.unknown()).nullish(),
});
const patchSchema = z.object({
  message: z.string().optional(),
  props: z.record(z.string(), z.unknown()).optional(),
});

export function createPost(state: SandboxState, json: unknown): Answer {
  const body = createSchema.safeParse(json).data;
  if (!body) throw invalidParameter('post');
  if (!/^[a-z0-9]{26}$/.test(body.channel_id)) throw invalidParameter('channel_id');
  const place = state.places.find('mattermost', body.channel_id);
  assertMember(place);
  assertOpen(place);
  const earlier = ofPending(state, body.channel_id, body.pending_post_id);
  if (earlier) return { status: 201, body: postObject(earlier) };
  assertMessage(body.message);
  const root = rootOf(state, body.channel_id, body.root_id);
  const post = addPost(state, body.channel_id, {
    author: 'bot',
    message: body.message,
    props: { ...body.props, from_bot: 'true' },
    rootId: root?.id ?? '',
    ...(body.pending_post_id !== undefined && { pendingPostId: body.pending_post_id }),
    notified: notifiedBy(body.message),
  });
  return {
    status: 201,
    body: { ...postObject(post), pending_post_id: body.pending_post_id ?? '' },
    post,
  };
}

const hookSchema = z.object({
  text: z.string().default(''),
  attachments: z.array(z.unknown()).nullish(),
});

export function executeWebhook(
  state: SandboxState,
  channel: string | undefined,
  json: unknown,
): Answer {
  const place = channel === undefined ? undefined : state.places.find('mattermost', channel);
  if (channel === undefined || !place) {
    throw new MattermostRefusal(400, 'web.incoming_webhook.invalid.app_error', 'Invalid webhook.');
  }
  const body = hookSchema.safeParse(json).data;
  if (!body) {
    throw new MattermostRefusal(
      400,
      'web.incoming_webhook.parse.app_error',
      'Unable to parse incoming data.',
    );
  }
  if (body.text === '' && (body.attachments ?? []).length === 0) {
    throw new MattermostRefusal(400, 'web.incoming_webhook.text.app_error', 'No text specified.');
  }
  if (!place.member) {
    throw new MattermostRefusal(
      403,
      'web.incoming_webhook.permissions.app_error',
      'Inappropriate channel permissions.',
    );
  }
  assertOpen(place);
  const [post] = piecesOf(slackTranslated(body.text)).map((message) =>
    addPost(state, channel, {
      author: 'webhook',
      message,
      props: { from_webhook: 'true' },
      rootId: '',
      notified: notifiedBy(message),
    }),
  );
  return { status: 200, text: 'ok', ...(post && { post }) };
}

/** What comes through a webhook is never too long: a server makes several posts of it. */
function piecesOf(text: string): string[] {
  const characters = Array.from(text);
  const count = Math.max(1, Math.ceil(characters.length / LARGEST_POST));
  return Array.from({ length: count }, (_, index) =>
    characters.slice(index * LARGEST_POST, (index + 1) * LARGEST_POST).join(''),
  );
}

export function getPost(state: SandboxState, id: string): Answer {
  return { status: 200, body: postObject(postOf(state, id)) };
}

export function patchPost(state: SandboxState, id: string, json: unknown): Answer {
  // A server doesn't say whether the post is gone, or another's.
  const post = visiblePost(state, id);
  if (!post || post.author !== undefined) throw noPermission();
  const before = sentBy(post);
  if (before.author !== 'bot') throw noPermission();
  const place = state.places.find('mattermost', post.path);
  if (place?.archived) {
    throw new MattermostRefusal(
      400,
      'api.post.patch_post.can_not_update_post_in_deleted.error',
      'Can not update a post in a deleted channel.',
    );
  }
  const body = patchSchema.safeParse(json).data;
  if (!body) throw invalidParameter('post');
  const message = body.message ?? before.message;
  assertMessage(message);
  const sent = { ...before, message, props: body.props ?? before.props };
  state.posts.edit(post, { content: contentOf(sent), text: message });
  return { status: 200, body: postObject(post) };
}

export function deletePost(state: SandboxState, id: string): Answer {
  const post = postOf(state, id);
  if (sentBy(post).author !== 'bot') throw noPermission();
  state.posts.remove(post);
  return { status: 200, body: { status: 'OK' } };
}

export function listPosts(state: SandboxState, channel: string, query: URLSearchParams): Answer {
  assertMember(state.places.find('mattermost', channel));
  const size = Math.min(200, Math.max(1, Number(query.get('per_page') ?? '60') || 60));
  const page = Number(query.get('page') ?? '0') || 0;
  const before = query.get('before');
  const newestFirst = state.posts
    .of('mattermost', channel)
    .filter(({ deletedAt }) => deletedAt === undefined)
    .toReversed();
  const from = before === null ? page * size : newestFirst.findIndex(({ id }) => id === before) + 1;
  const listed = newestFirst.slice(from, from + size);
  return {
    status: 200,
    body: {
      order: listed.map(({ id }) => id),
      posts: Object.fromEntries(listed.map((post) => [post.id, postObject(post)])),
      next_post_id: newestFirst[from - 1]?.id ?? '',
      prev_post_id: newestFirst[from + size]?.id ?? '',
    },
  };
}

/** A server tells nobody whether a channel exists that the bot isn't in. */
function assertMember(place: Place | undefined): void {
  if (!place?.member) throw noPermission();
}

function assertOpen(place: Place | undefined): void {
  if (!place?.archived) return;
  throw new MattermostRefusal(
    400,
    'api.post.create_post.can_not_post_to_deleted.error',
    'Can not post to deleted channel.',
  );
}

function assertMessage(message: string): void {
  if (message === '') throw invalidParameter('message');
  if (Array.from(message).length <= LARGEST_POST) return;
  throw new MattermostRefusal(
    400,
    'model.post.is_valid.message_length.app_error',
    'Post Message property is longer than the maximum permitted length.',
  );
}

/** Answers are in the thread of a root, in the same channel. */
function rootOf(state: SandboxState, channel: string, id: string): SandboxPost | undefined {
  if (id === '') return undefined;
  const root = state.posts.select({ platform: 'mattermost' }).find((post) => post.id === id);
  if (!root || root.replyTo !== undefined) {
    throw new MattermostRefusal(
      400,
      'api.post.create_post.root_id.app_error',
      'Invalid RootId parameter.',
    );
  }
  if (root.path !== channel) {
    throw new MattermostRefusal(
      400,
      'api.post.create_post.channel_root_id.app_error',
      'Invalid ChannelId for RootId parameter.',
    );
  }
  return root;
}

function ofPending(
  { posts }: SandboxState,
  channel: string,
  pendingPostId: string | undefined,
): SandboxPost | undefined {
  if (pendingPostId === undefined || pendingPostId === '') return undefined;
  const since = Date.now() - PENDING_MEMORY_MS;
  return posts
    .of('mattermost', channel)
    .find((post) => post.postedAt >= since && sentBy(post).pendingPostId === pendingPostId);
}

/** Mattermost takes what was written for Slack, also within code. */
function slackTranslated(text: string): string {
  return text
    .replace(/<!(channel|here|all)>/g, '@$1')
    .replace(/<([^<|>\s]+)\|([^>]+)>/g, '[$2]($1)');
}

function addPost({ posts }: SandboxState, path: string, sent: Sent): SandboxPost {
  const microseconds = posts.nextId();
  const mark = sent.props.sendproof_delivery;
  return posts.add({
    platform: 'mattermost',
    path,
    id: microseconds.toString(36).padStart(26, '0'),
    text: sent.message,
    ...(typeof mark === 'string' && { deliveryId: mark }),
    postedAt: Math.floor(microseconds / 1_000),
    ...(sent.rootId !== '' && { replyTo: sent.rootId }),
    content: contentOf(sent),
  });
}

function contentOf(sent: Sent): ShownContent {
  return { kind: 'shown', lines: readMattermostMarkdown(sent.message), sent: { ...sent } };
}

function sentBy({ content }: SandboxPost): Sent {
  return (content as ShownContent).sent as unknown as Sent;
}

function visiblePost({ posts }: SandboxState, id: string): SandboxPost | undefined {
  const post = posts.select({ platform: 'mattermost' }).find((each) => each.id === id);
  return post && posts.find('mattermost', post.path, id);
}

function postOf(state: SandboxState, id: string): SandboxPost {
  const found = visiblePost(state, id);
  if (found) return found;
  throw new MattermostRefusal(404, 'app.post.get.app_error', 'Unable to get the post.');
}

function postObject(post: SandboxPost): object {
  const { message, props, rootId } = sentBy(post);
  return {
    id: post.id,
    create_at: post.postedAt,
    update_at: post.editedAt ?? post.postedAt,
    edit_at: post.editedAt ?? 0,
    delete_at: 0,
    user_id: MATTERMOST_BOT.id,
    channel_id: post.path,
    root_id: rootId,
    message,
    type: '',
    props,
    hashtags: '',
    pending_post_id: '',
    metadata: {},
  };
}
