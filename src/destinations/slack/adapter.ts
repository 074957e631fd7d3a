import type { WebClient } from '@slack/web-api';
import { DeliveryError, type Receipt } from '../../domain/delivery.js';
import type { Content } from '../../domain/message.js';
import type { DestinationAdapter, Edit, Layout, Post, PostQuery, Show } from '../destination.js';
import { permanent, unexpectedAnswer, withoutPosting } from '../../http/failure.js';
import { searchPages, type PageRequest, type SearchedPage } from '../search.js';
import { assertWellFormed } from '../wellFormed.js';
import type { SlackAccount } from './account.js';
import { call, createSlackClient } from './client.js';
import { editedPost, plainEdit, type EditedPost } from './edits.js';
import { editFailure, refusesBlocks, refusesBroadcast, refusesContent } from './failures.js';
import { givenPost, withoutNative, type GivenPost } from './givenPost.js';
import { plainPostOf } from './plainText.js';
import { slackMentions, withMentions } from './mentions.js';
import { isName, SlackNames } from './names.js';
import { isAnswer, METADATA_TYPE, placeOf, readPage } from './postSearch.js';
import { slackPosts, type SlackPost, type SlackPosts } from './posts.js';
import { createTokenSource } from './tokens.js';
import { WorkspaceAddress } from './workspaceAddress.js';

/** Throws a ConfigurationError where a secret can't be read or the API's address can't be used. */
export function createSlackAdapter(account: SlackAccount): DestinationAdapter {
  return new SlackAdapter(createSlackClient(account, createTokenSource(account)), account);
}

interface Rendered {
  inParts: Show['inParts'];
  posts: SlackPosts;
}

/** Without blocks where Slack has refused them. */
type SentPost = Partial<SlackPost> & Pick<GivenPost, 'attachments' | 'text'>;
type SentEdit = SentPost & Pick<EditedPost, 'shortened'>;

/** What Slack must not do with our text. */
const AS_IT_IS = { parse: 'none', link_names: false } as const;

class SlackAdapter implements DestinationAdapter {
  readonly #client: WebClient;
  readonly #requestTimeoutMs: number;
  readonly #longMessages: SlackAccount['longMessages'];
  readonly #mentions: SlackAccount['mentions'];
  readonly #workspace: WorkspaceAddress;
  readonly #names: SlackNames;
  /** Of the contents that are being delivered: a long one takes a while, and is needed for its layout and for its post. */
  readonly #rendered = new WeakMap<Content, Rendered>();

  constructor(
    client: WebClient,
    {
      longMessages,
      mentions,
      requestTimeout,
    }: Pick<SlackAccount, 'longMessages' | 'mentions' | 'requestTimeout'>,
  ) {
    this.#client = client;
    this.#requestTimeoutMs = requestTimeout;
    this.#longMessages = longMessages;
    this.#mentions = mentions;
    this.#names = new SlackNames(client, requestTimeout);
    this.#workspace = new WorkspaceAddress(async () => (await client.auth.test()).url);
  }

  layout(message: Show): Layout {
    if (givenPost(message)) return { parts: 1 };
    const { posts, shortened } = this.#render(message);
    return { parts: posts.length, shortened };
  }

  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    return this.#inConversation(post, (path) => this.#post({ ...post, path }));
  }

  async #post(post: Post): Promise<Receipt> {
    const given = givenPost(post);
    if (given) {
      try {
        return await this.#send(post, given);
      } catch (error) {
        if (!refusesContent(error)) throw error;
        return await this.#post(withoutNative(post));
      }
    }
    const shown = this.#shownIn(post);
    try {
      return await this.#send(post, shown);
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      if (refusesBroadcast(error) && post.broadcast) {
        return await this.#post({ ...post, broadcast: false });
      }
      if (!refusesBlocks(error)) throw error;
      const mentions = await this.#mentioning(post, { text: '' });
      const planned = this.#render(post).shortened;
      const taken = mentions.text.length;
      const { shortened, text } = plainPostOf(shown.blocks, post, planned, taken);
      const receipt = await this.#send(post, { text });
      return { ...receipt, plainText: error.message, ...(shortened && { shortened }) };
    }
  }

  async #send(post: Post, sent: SentPost): Promise<Receipt> {
    const { attachments, blocks, text } = await this.#mentioning(post, sent);
    const { broadcast, deliveryId, part, replyTo, traceId } = post;
    if (replyTo && !isFilled(replyTo.messageId)) throw postUnknown();
    const { channel, thread } = placeOf(post);
    const isFirst = (part?.number ?? 1) === 1;
    const answer = await call(() =>
      this.#client.chat.postMessage({
        channel,
        ...threadArguments(thread, broadcast === true && replyTo !== undefined && isFirst),
        text,
        ...(blocks && { blocks }),
        ...(attachments && { attachments }),
        metadata: {
          event_type: METADATA_TYPE,
          event_payload: {
            delivery_id: deliveryId,
            trace_id: traceId,
            ...(part && { part: part.number, parts: part.of }),
          },
        },
        ...AS_IT_IS,
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
    const receipt = await this.#receiptOf(answer);
    // Slack accepts an answer to a post that is gone, and shows it in the channel.
    const standsAlone = replyTo && isFirst && answer.message && !isAnswer(answer.message);
    return standsAlone ? { ...receipt, standsAlone } : receipt;
  }

  async edit(edit: Edit): Promise<Receipt> {
    assertWellFormed(edit);
    return this.#inConversation({ ...edit, replyTo: edit.post }, (path) =>
      this.#edit({ ...edit, path }),
    );
  }

  async #edit(edit: Edit): Promise<Receipt> {
    const given = givenPost(edit);
    if (given) {
      try {
        return await this.#update(edit, given);
      } catch (error) {
        if (!refusesContent(error)) throw error;
        return await this.#edit(withoutNative(edit));
      }
    }
    try {
      return await this.#update(edit, editedPost(edit));
    } catch (error) {
      if (!(error instanceof DeliveryError) || !refusesBlocks(error)) throw error;
      const receipt = await this.#update(edit, plainEdit(edit));
      return { ...receipt, plainText: error.message };
    }
  }

  /** The first post of a message mentions people. An edit doesn't: they were notified. */
  async #mentioning({ content, part }: Post, sent: SentPost): Promise<SentPost> {
    if (content.mentions === undefined || (part?.number ?? 1) > 1) return sent;
    const mentions = await slackMentions(content.mentions, this.#mentions, (email) =>
      this.#names.personOf(email),
    );
    return withMentions(sent, mentions);
  }

  /** Metadata that is not sent stays as it is, and with it the delivery id: https://docs.slack.dev/reference/methods/chat.update */
  async #update(
    { path, post }: Edit,
    { attachments, blocks, shortened, text }: SentEdit,
  ): Promise<Receipt> {
    const { channel = path, messageId: ts } = post;
    if (!isFilled(ts)) throw postUnknown();
    try {
      const answer = await call(() =>
        this.#client.chat.update({
          channel,
          ts,
          text,
          // Those of before stay where the field is missing.
          blocks: blocks ?? [],
          attachments: attachments ?? [],
          ...AS_IT_IS,
        }),
      );
      const receipt = await this.#receiptOf(answer);
      return { ...receipt, ...(shortened && { shortened }) };
    } catch (error) {
      throw error instanceof DeliveryError ? editFailure(error) : error;
    }
  }

  async #receiptOf({ channel, ts }: { ts?: string; channel?: string }): Promise<Receipt> {
    if (isFilled(ts) && isFilled(channel)) return this.#receipt(ts, channel);
    throw unexpectedAnswer('Slack', '"ok" without the "ts" and "channel" of a post', 200);
  }

  async #receipt(ts: string, channel: string): Promise<Receipt> {
    const workspaceUrl = await this.#workspace.url();
    if (workspaceUrl === undefined) return { messageId: ts, channel };
    const url = new URL(`archives/${channel}/p${ts.replace('.', '')}`, workspaceUrl).href;
    return { messageId: ts, channel, url };
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
      withoutPosting('Slack', () =>
        this.#inConversation(query, (path) => this.#searchPage({ ...query, path }, page)),
      ),
    );
  }

  /**
   * Makes a request in the conversation that a path names. Where Slack no longer has what the name meant, and so has done nothing,
   * the name is looked up again.
   */
  async #inConversation<Result>(
    { part, path, replyTo }: Pick<Post, 'part' | 'path' | 'replyTo'>,
    request: (path: string) => Promise<Result>,
  ): Promise<Result> {
    const known = part?.first?.channel ?? replyTo?.channel;
    if (known !== undefined || !isName(path)) return request(known ?? path);
    const id = await this.#names.channelOf(path);
    try {
      return await request(id);
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.reason !== 'destination_not_found')
        throw error;
      this.#names.forget(path);
      const present = await this.#names.channelOf(path);
      if (present === id) throw error;
      return request(present);
    }
  }

  async #searchPage(query: PostQuery, request: PageRequest): Promise<SearchedPage> {
    const { cursor, found } = await readPage(this.#client, query, request);
    if (found?.ts === undefined) return { cursor };
    const receipt = await this.#receipt(found.ts, placeOf(query).channel);
    const standsAlone = query.replyTo && !isAnswer(found);
    return { found: standsAlone ? { ...receipt, standsAlone } : receipt };
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

function threadArguments(thread: string | undefined, isBroadcast: boolean) {
  if (thread === undefined) return {};
  return isBroadcast ? { thread_ts: thread, reply_broadcast: true } : { thread_ts: thread };
}

/** The SDK's types are what Slack documents, not what it has sent. */
function isFilled(text: unknown): text is string {
  return typeof text === 'string' && text !== '';
}

function postUnknown(): DeliveryError {
  return new DeliveryError(
    'Nobody knows which post it follows: its receipt has no message id. Nothing was sent.',
    permanent('post_not_found'),
  );
}
