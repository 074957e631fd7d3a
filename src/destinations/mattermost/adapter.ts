import { z } from 'zod';
import { DeliveryError, type Receipt } from '../../domain/delivery.js';
import { isEmail } from '../../domain/mentions.js';
import { secureUrl } from '../../http/endpoint.js';
import {
  asTransient,
  parseJson,
  permanent,
  unexpectedAnswer,
  withoutPosting,
} from '../../http/failure.js';
import { callTracked } from '../../http/sending.js';
import { createTransport, type HttpAnswer, type Transport } from '../../http/transport.js';
import type { DestinationAdapter, Edit, Layout, Post, PostQuery, Show } from '../destination.js';
import { searchPages } from '../search.js';
import { assertWellFormed } from '../wellFormed.js';
import type { MattermostAccount } from './account.js';
import { mattermostFailure, PLATFORM, type Purpose } from './failures.js';
import { isMattermostId } from './ids.js';
import { mentionLine } from './mentions.js';
import { DELIVERY_PROP, deliveryMark, pageOfChannel, postSchema, receiptOf } from './postSearch.js';
import { renderForMattermost } from './render.js';

/** Throws a ConfigurationError where the token can't be read, or the server's address can't be used. */
export function createMattermostAdapter(account: MattermostAccount): DestinationAdapter {
  return new MattermostAdapter(
    account,
    secureUrl(account.url, 'The address of Mattermost'),
    account.token.reveal(),
    createTransport(PLATFORM, account.requestTimeout),
  );
}

interface MattermostCall {
  method: 'GET' | 'POST' | 'PUT';
  /** Below `/api/v4/`, with its query. */
  resource: string;
  body?: object;
  purpose: Purpose;
}

const userSchema = z.object({ id: z.string().min(1), username: z.string().min(1) });

/** How many names of people are kept: a message mentions twenty at most. */
const NAMES_KEPT = 1_000;

class MattermostAdapter implements DestinationAdapter {
  readonly #account: MattermostAccount;
  readonly #url: URL;
  readonly #token: string;
  readonly #transport: Transport;
  readonly #names = new Map<string, string>();

  constructor(account: MattermostAccount, url: URL, token: string, transport: Transport) {
    this.#account = account;
    this.#url = url;
    this.#token = token;
    this.#transport = transport;
  }

  layout(message: Show): Layout {
    const { maxPostSize } = this.#account;
    return { parts: 1, shortened: renderForMattermost(message, maxPostSize, undefined).shortened };
  }

  /** The server makes one post of all requests with one `pending_post_id` within half a minute. */
  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const { path, replyTo } = post;
    assertChannel(path);
    // Answers are in the thread of a root: an answer to an answer is beside it.
    const root = replyTo && (replyTo.thread ?? replyTo.messageId ?? '');
    if (root !== undefined && !isMattermostId(root)) throw noSuchPost();
    const { maxPostSize, mentions } = this.#account;
    const line = await mentionLine(post.content.mentions, mentions, (name) => this.#nameOf(name));
    const { message } = renderForMattermost(post, maxPostSize, line);
    const mark = deliveryMark(post);
    return await this.#send({
      method: 'POST',
      resource: 'posts',
      body: {
        channel_id: path,
        message,
        ...(root !== undefined && { root_id: root }),
        pending_post_id: `sendproof:${mark}`,
        props: { [DELIVERY_PROP]: mark },
      },
      purpose: replyTo ? 'reply' : 'post',
    }).then(received);
  }

  /** Without `props`, which stay as they are, so that the post is still found. */
  async edit(edit: Edit): Promise<Receipt> {
    assertWellFormed(edit);
    assertChannel(edit.path);
    const id = edit.post.messageId ?? '';
    if (!isMattermostId(id)) throw noSuchPost();
    const { maxPostSize } = this.#account;
    const { message, shortened } = renderForMattermost(edit, maxPostSize, undefined);
    const answer = await this.#send({
      method: 'PUT',
      resource: `posts/${id}/patch`,
      body: { message },
      purpose: 'edit',
    }).catch(async (error: unknown) => {
      throw isForbidden(error) ? await this.#reasonOf(error, id) : error;
    });
    return { ...received(answer), ...(shortened && { shortened }) };
  }

  /** A server answers an edit of a post that is gone as one that it forbids, so the post is looked at. */
  async #reasonOf(forbidden: DeliveryError, id: string): Promise<DeliveryError> {
    try {
      await this.#read(`posts/${id}`);
      return forbidden;
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      if (error.reason === 'destination_not_found') {
        const { httpStatus, platformCode } = error;
        const failure = { ...permanent('post_not_found'), httpStatus, platformCode };
        return new DeliveryError(`${PLATFORM} no longer has the post.`, failure);
      }
      return error.outcome === 'transient' ? error : forbidden;
    }
  }

  find(query: PostQuery): Promise<Receipt | undefined> {
    assertChannel(query.path);
    return searchPages(query, this.#account.requestTimeout, (request) =>
      pageOfChannel((resource) => this.#read(resource), query, request),
    );
  }

  async check(): Promise<{ identity: string }> {
    return { identity: await this.#userName('users/me') };
  }

  async #nameOf(idOrEmail: string): Promise<string> {
    const known = this.#names.get(idOrEmail);
    if (known !== undefined) return known;
    const resource = isEmail(idOrEmail)
      ? `users/email/${encodeURIComponent(idOrEmail)}`
      : `users/${idOrEmail}`;
    const name = await this.#userName(resource);
    if (this.#names.size >= NAMES_KEPT) this.#names.clear();
    this.#names.set(idOrEmail, name);
    return name;
  }

  async #userName(resource: string): Promise<string> {
    const user = userSchema.safeParse(await this.#read(resource)).data;
    if (user) return user.username;
    throw asTransient(unexpectedAnswer(PLATFORM, 'a success without a user', 200));
  }

  #read(resource: string): Promise<unknown> {
    return withoutPosting(PLATFORM, async () => {
      const answer = await this.#send({ method: 'GET', resource, purpose: 'read' });
      return parseJson(answer.body);
    });
  }

  async #send({ body, method, purpose, resource }: MattermostCall): Promise<HttpAnswer> {
    const base = this.#url.pathname.replace(/\/(?:api(?:\/v4)?\/?)?$/, '');
    const answer = await callTracked(PLATFORM, () =>
      this.#transport({
        method,
        url: new URL(`${base}/api/v4/${resource}`, this.#url),
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${this.#token}`,
          ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    );
    const failure = mattermostFailure(answer, purpose);
    if (failure) throw failure;
    return answer;
  }
}

function received(answer: HttpAnswer): Receipt {
  const post = postSchema.safeParse(parseJson(answer.body)).data;
  if (post) return receiptOf(post);
  const what = 'a success without the ids of a post and its channel';
  throw unexpectedAnswer(PLATFORM, what, answer.status, answer.retryAfterMs);
}

function isForbidden(error: unknown): error is DeliveryError {
  return (
    error instanceof DeliveryError && error.reason === 'edit_refused' && error.httpStatus === 403
  );
}

function assertChannel(path: string): void {
  if (isMattermostId(path)) return;
  throw new DeliveryError(
    'The destination is not a channel of Mattermost.',
    permanent('destination_not_found'),
  );
}

function noSuchPost(): DeliveryError {
  return new DeliveryError(
    'The receipt of the post has no id of a post of Mattermost: nothing was sent.',
    permanent('post_not_found'),
  );
}
