import { z } from 'zod';
import { DeliveryError, type Receipt } from '../../domain/delivery.js';
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
import type { MentionPolicy } from '../mentionPolicy.js';
import { searchPages } from '../search.js';
import { assertWellFormed } from '../wellFormed.js';
import type { DiscordAccount } from './account.js';
import { discordFailure, PLATFORM, type Purpose } from './failures.js';
import { discordMentions, NOBODY } from './mentions.js';
import { receivedMessage, USER_AGENT } from './message.js';
import { isSnowflake } from './path.js';
import { markOf, nonceOf } from './postMark.js';
import { pageOfChannel, type HistoryReader } from './postSearch.js';
import { renderForDiscord } from './render.js';
import { RouteLimits } from './routeLimits.js';

/** Throws a ConfigurationError where the token can't be read, or Discord's address can't be used. */
export function createDiscordAdapter(account: DiscordAccount): DestinationAdapter {
  const { apiUrl, mentions, requestTimeout, token } = account;
  return new DiscordAdapter({
    apiUrl: secureUrl(apiUrl, 'Discord’s address'),
    token: token.reveal(),
    mentions,
    requestTimeout,
    transport: createTransport(PLATFORM, requestTimeout),
  });
}

interface DiscordConnection {
  apiUrl: URL;
  token: string;
  mentions: MentionPolicy | undefined;
  requestTimeout: number;
  transport: Transport;
}

interface DiscordCall {
  method: 'GET' | 'POST' | 'PATCH';
  /** Below `/api/v10/`, with its query. */
  resource: string;
  body?: string;
  purpose: Purpose;
  /** What Discord limits together: the kind of request, and the channel that it is for. */
  route: string;
}

const userSchema = z.object({ id: z.string(), username: z.string() });

class DiscordAdapter implements DestinationAdapter {
  readonly #connection: DiscordConnection;
  readonly #limits = new RouteLimits();

  constructor(connection: DiscordConnection) {
    this.#connection = connection;
  }

  layout(message: Show): Layout {
    return { parts: 1, shortened: renderForDiscord(message, markOf(''), undefined).shortened };
  }

  /** Within some minutes Discord makes one message of all requests with one nonce. */
  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const { path, replyTo } = post;
    assertChannel(path);
    const answered = replyTo?.messageId ?? '';
    if (replyTo && !isSnowflake(answered)) throw noSuchPost();
    const nonce = nonceOf(post);
    const { allowed, line } = discordMentions(post.content.mentions, this.#connection.mentions);
    const { message } = renderForDiscord(post, markOf(nonce), line);
    const body = JSON.stringify({
      ...message,
      ...(message.content === '' && { content: undefined }),
      allowed_mentions: allowed,
      nonce,
      enforce_nonce: true,
      ...(replyTo && { message_reference: { message_id: answered, fail_if_not_exists: true } }),
    });
    const { answer, failure } = await this.#send({
      method: 'POST',
      resource: `channels/${path}/messages`,
      body,
      purpose: replyTo ? 'reply' : 'post',
      route: `post ${path}`,
    });
    return receivedMessage(answer, failure);
  }

  async edit(edit: Edit): Promise<Receipt> {
    assertWellFormed(edit);
    const { path, post } = edit;
    assertChannel(path);
    const id = post.messageId ?? '';
    if (!isSnowflake(id)) throw noSuchPost();
    const { message, shortened } = renderForDiscord(edit, markOf(nonceOf(edit)), undefined);
    const { answer, failure } = await this.#send({
      method: 'PATCH',
      resource: `channels/${path}/messages/${id}`,
      body: JSON.stringify({ ...message, allowed_mentions: NOBODY }),
      purpose: 'edit',
      route: `edit ${path}`,
    });
    return { ...receivedMessage(answer, failure), ...(shortened && { shortened }) };
  }

  /** An answer is in the channel of its post, so it is found there. */
  find(query: PostQuery): Promise<Receipt | undefined> {
    assertChannel(query.path);
    const read: HistoryReader = (resource) => this.#read(resource, `read ${query.path}`);
    return searchPages(query, this.#connection.requestTimeout, (request) =>
      pageOfChannel(read, query, request),
    );
  }

  async check(): Promise<{ identity: string }> {
    const user = userSchema.safeParse(await this.#read('users/@me', 'read @me')).data;
    if (!user) throw asTransient(unexpectedAnswer(PLATFORM, 'a success without a user', 200));
    return { identity: `${user.username} (${user.id})` };
  }

  async #read(resource: string, route: string): Promise<unknown> {
    return await withoutPosting(PLATFORM, async () => {
      const { answer, failure } = await this.#send({
        method: 'GET',
        resource,
        purpose: 'read',
        route,
      });
      if (failure) throw failure;
      return parseJson(answer.body);
    });
  }

  /** Resolves with the answer, whatever it says. */
  async #send({ body, method, purpose, resource, route }: DiscordCall): Promise<{
    answer: HttpAnswer;
    failure: DeliveryError | undefined;
  }> {
    this.#limits.assertOpen(route, purpose === 'edit' || purpose === 'read');
    const { apiUrl, token, transport } = this.#connection;
    const base = apiUrl.pathname.replace(/\/(?:api(?:\/v\d+)?\/?)?$/, '');
    const answer = await callTracked(PLATFORM, () =>
      transport({
        method,
        url: new URL(`${base}/api/v10/${resource}`, apiUrl),
        headers: {
          accept: 'application/json',
          authorization: `Bot ${token}`,
          'user-agent': USER_AGENT,
          ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
        },
        body,
      }),
    );
    const failure = discordFailure(answer, purpose, 'bot');
    this.#limits.record(route, answer, failure);
    return { answer, failure };
  }
}

function assertChannel(path: string): void {
  if (isSnowflake(path)) return;
  throw new DeliveryError(
    'The destination is not a channel of Discord.',
    permanent('destination_not_found'),
  );
}

function noSuchPost(): DeliveryError {
  return new DeliveryError(
    'The receipt of the post has no id of a message of Discord: nothing was sent.',
    permanent('post_not_found'),
  );
}
