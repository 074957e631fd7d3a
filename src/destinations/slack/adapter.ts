import type { WebClient } from '@slack/web-api';
import { DeliveryError, type Receipt } from '../../domain/delivery.js';
import type { Content } from '../../domain/message.js';
import type { DestinationAdapter, Layout, Part, Post, PostQuery, Show } from '../destination.js';
import { permanent, unexpectedAnswer, withoutPosting } from '../../http/failure.js';
import { searchPages, type PageRequest, type SearchedPage } from '../search.js';
import { assertWellFormed } from '../wellFormed.js';
import type { SlackAccount } from './account.js';
import { call, createSlackClient } from './client.js';
import { refusesBlocks } from './failures.js';
import { plainTextOf } from './plainText.js';
import { slackPosts, type SlackPost, type SlackPosts } from './posts.js';
import { createTokenSource } from './tokens.js';

/** The type of the metadata that identifies a delivery's post: https://docs.slack.dev/messaging/message-metadata */
const METADATA_TYPE = 'sendproof_delivery';

/** How far our clock may be ahead of Slack's before a search misses the post. */
const CLOCK_ALLOWANCE_MS = 60_000;

/** The largest page that Slack recommends: https://docs.slack.dev/reference/methods/conversations.history */
const PAGE_SIZE = 200;

/** How long a receipt waits for the workspace's URL, requested once. Without it, the receipt has no permalink. */
const WORKSPACE_URL_TIMEOUT_MS = 1_000;
const WORKSPACE_URL_RETRY_MS = 5 * 60_000;

/** Throws a ConfigurationError where a secret can't be read or the API's address can't be used. */
export function createSlackAdapter(account: SlackAccount): DestinationAdapter {
  return new SlackAdapter(createSlackClient(account, createTokenSource(account)), account);
}

interface Rendered {
  inParts: Show['inParts'];
  posts: SlackPosts;
}

class SlackAdapter implements DestinationAdapter {
  readonly #client: WebClient;
  readonly #requestTimeoutMs: number;
  readonly #longMessages: SlackAccount['longMessages'];
  readonly #workspace: WorkspaceAddress;
  /** Of the contents that are being delivered: a long one takes a while, and is needed for its layout and for its post. */
  readonly #rendered = new WeakMap<Content, Rendered>();

  constructor(
    client: WebClient,
    { longMessages, requestTimeout }: Pick<SlackAccount, 'longMessages' | 'requestTimeout'>,
  ) {
    this.#client = client;
    this.#requestTimeoutMs = requestTimeout;
    this.#longMessages = longMessages;
    this.#workspace = new WorkspaceAddress(async () => (await client.auth.test()).url);
  }

  layout(message: Show): Layout {
    const { posts, shortened } = this.#render(message);
    return { parts: posts.length, shortened };
  }

  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const shown = this.#shownIn(post);
    try {
      return await this.#send(post, shown);
    } catch (error) {
      if (!(error instanceof DeliveryError) || !refusesBlocks(error)) throw error;
      const receipt = await this.#send(post, { text: plainTextOf(shown.blocks) });
      return { ...receipt, plainText: error.message };
    }
  }

  async #send(
    { deliveryId, part, path, traceId }: Post,
    { text, blocks }: Partial<SlackPost> & Pick<SlackPost, 'text'>,
  ): Promise<Receipt> {
    const { ts, channel } = await call(() =>
      this.#client.chat.postMessage({
        channel: part?.first?.channel ?? path,
        ...(part?.first?.messageId !== undefined && { thread_ts: part.first.messageId }),
        text,
        ...(blocks && { blocks }),
        metadata: {
          event_type: METADATA_TYPE,
          event_payload: {
            delivery_id: deliveryId,
            trace_id: traceId,
            ...(part && { part: part.number, parts: part.of }),
          },
        },
        parse: 'none',
        link_names: false,
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
    if (!isFilled(ts) || !isFilled(channel)) {
      throw unexpectedAnswer('Slack', '"ok" without the "ts" and "channel" of a post', 200);
    }
    return receipt(ts, channel, await this.#workspace.url());
  }

  #shownIn(post: Post): SlackPost {
    const { posts } = this.#render(post);
    const shown = posts[(post.part?.number ?? 1) - 1];
    if (shown) return shown;
    throw new DeliveryError(
      `An earlier release has posted more parts of this message than the ${posts.length} that it takes now: send the rest with a new key, and discard this one.`,
      permanent('content_rejected'),
    );
  }

  #render(message: Show): SlackPosts {
    const { content, inParts } = message;
    const earlier = this.#rendered.get(content);
    if (earlier?.inParts === inParts) return earlier.posts;
    const posts = slackPosts(message, this.#longMessages);
    this.#rendered.set(content, { inParts, posts });
    return posts;
  }

  find(query: PostQuery): Promise<Receipt | undefined> {
    return searchPages(query, this.#requestTimeoutMs, (page) =>
      withoutPosting('Slack', () => this.#searchPage(query, page)),
    );
  }

  /** The first part, and a message of one post, is in the channel's history; the other parts are in the first one's thread. */
  async #searchPage(query: PostQuery, request: PageRequest): Promise<SearchedPage> {
    const { deliveryId, part, path } = query;
    const channel = part?.first?.channel ?? path;
    const thread = part?.first?.messageId;
    const page = await call(() =>
      thread === undefined
        ? this.#client.conversations.history({ channel, ...historySince(query, request) })
        : this.#client.conversations.replies({ channel, ts: thread, ...pageOf(request) }),
    );
    if (!Array.isArray(page.messages)) throw incompleteHistory('without messages');
    const found = page.messages.find(({ metadata }) => isPostOf(deliveryId, part, metadata));
    if (found?.ts !== undefined) {
      return { found: receipt(found.ts, channel, await this.#workspace.url()) };
    }
    const next = page.response_metadata?.next_cursor;
    if (page.has_more && !next) throw incompleteHistory('with more pages, but no cursor');
    return { cursor: next === '' ? undefined : next };
  }

  async check(): Promise<{ identity: string }> {
    const { user, team, url } = await withoutPosting('Slack', () =>
      call(() => this.#client.auth.test()),
    );
    return {
      identity: `${user ?? 'an unnamed app'} in ${team ?? 'an unnamed workspace'}${url ? ` (${url})` : ''}`,
    };
  }
}

/**
 * The workspace's URL, as `https://example.slack.com/`, from which permalinks are made without a request for each. Requested
 * after the first post; a failure never fails the post, and the request is repeated later.
 */
class WorkspaceAddress {
  readonly #ask: () => Promise<string | undefined>;
  #answer: Promise<string | undefined> | undefined;

  constructor(ask: () => Promise<string | undefined>) {
    this.#ask = ask;
  }

  url(): Promise<string | undefined> {
    this.#answer ??= this.#ask().catch(() => {
      setTimeout(() => (this.#answer = undefined), WORKSPACE_URL_RETRY_MS).unref();
      return undefined;
    });
    return withinTime(this.#answer, WORKSPACE_URL_TIMEOUT_MS);
  }
}

async function withinTime<T>(answer: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([answer, enough]);
  } finally {
    clearTimeout(timer);
  }
}

function receipt(ts: string, channel: string, workspaceUrl: string | undefined): Receipt {
  if (workspaceUrl === undefined) return { messageId: ts, channel };
  const url = new URL(`archives/${channel}/p${ts.replace('.', '')}`, workspaceUrl).href;
  return { messageId: ts, channel, url };
}

function isPostOf(
  deliveryId: string,
  part: Part | undefined,
  metadata: { event_type?: string; event_payload?: unknown } | undefined,
): boolean {
  const payload = metadata?.event_payload as { delivery_id?: unknown; part?: unknown } | undefined;
  return (
    metadata?.event_type === METADATA_TYPE &&
    payload?.delivery_id === deliveryId &&
    // A message of one post has no part in its metadata.
    (payload.part ?? 1) === (part?.number ?? 1)
  );
}

function historySince({ until }: PostQuery, request: PageRequest) {
  return {
    oldest: timestamp(request.since.getTime() - CLOCK_ALLOWANCE_MS),
    ...(until && { latest: timestamp(until.getTime() + CLOCK_ALLOWANCE_MS) }),
    inclusive: true,
    ...pageOf(request),
  };
}

function pageOf({ cursor }: PageRequest) {
  return {
    include_all_metadata: true,
    limit: PAGE_SIZE,
    ...(cursor !== undefined && { cursor }),
  };
}

/** The SDK's types are what Slack documents, not what it has sent. */
function isFilled(text: unknown): text is string {
  return typeof text === 'string' && text !== '';
}

/** Without the whole history, nobody knows that a post is absent. */
function incompleteHistory(what: string): DeliveryError {
  return unexpectedAnswer('Slack', `a history ${what}`, 200);
}

/** Seconds since the epoch, as Slack writes times. */
function timestamp(milliseconds: number): string {
  return Math.max(0, milliseconds / 1_000).toFixed(6);
}
