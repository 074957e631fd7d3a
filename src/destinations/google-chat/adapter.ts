import { DeliveryError, type Receipt } from '../../domain/delivery.js';
import { secureUrl } from '../../http/endpoint.js';
import { permanent, transient, withoutPosting } from '../../http/failure.js';
import { callTracked } from '../../http/sending.js';
import { createTransport, type HttpAnswer, type Transport } from '../../http/transport.js';
import type { TokenSource } from '../accessTokens.js';
import type { DestinationAdapter, Edit, Layout, Post, Show } from '../destination.js';
import { assertWellFormed } from '../wellFormed.js';
import type { GoogleChatAccount } from './account.js';
import { chatFailure, PLATFORM } from './failures.js';
import { createRequest, receiptOf } from './messages.js';
import { isSpaceId } from './path.js';
import { renderForGoogleChat } from './render.js';
import { requestIdsOf } from './requestIds.js';
import { parseServiceAccountKey } from './serviceAccount.js';
import { serviceAccountTokens, TOKEN_SERVICE } from './tokens.js';

/** Throws a ConfigurationError where the service account's key or Chat's address can't be used. */
export function createGoogleChatAdapter(account: GoogleChatAccount): DestinationAdapter {
  const { apiUrl, requestTimeout, serviceAccount } = account;
  const key = parseServiceAccountKey(serviceAccount.reveal(), String(serviceAccount));
  return new GoogleChatAdapter({
    apiUrl: secureUrl(apiUrl, 'Google Chat’s address'),
    email: key.email,
    tokens: serviceAccountTokens(key, createTransport(TOKEN_SERVICE, requestTimeout)),
    transport: createTransport(PLATFORM, requestTimeout),
  });
}

interface ChatConnection {
  apiUrl: URL;
  email: string;
  tokens: TokenSource;
  transport: Transport;
}

interface ChatCall {
  method: 'GET' | 'POST' | 'PATCH';
  /** Below `/v1/`. */
  resource: string;
  query?: Record<string, string>;
  body?: string;
}

/** Without `find`: a repeated request makes no second message, so nothing is searched for. */
class GoogleChatAdapter implements DestinationAdapter {
  readonly ownIdempotency = true;
  readonly #connection: ChatConnection;

  constructor(connection: ChatConnection) {
    this.#connection = connection;
  }

  layout(message: Show): Layout {
    return { parts: 1, shortened: renderForGoogleChat(message, 'app').shortened };
  }

  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const resource = messagesOf(post.path);
    const { body, query, standsAlone } = createRequest(post, 'app');
    const answer = await this.#send({ method: 'POST', resource, query, body });
    const failure = chatFailure(answer, post.replyTo ? 'reply' : 'post');
    const receipt =
      failure?.platformCode === 'ALREADY_EXISTS'
        ? await this.#existing(`${resource}/${requestIdsOf(post).messageId}`)
        : received(answer, failure);
    return standsAlone ? { ...receipt, standsAlone } : receipt;
  }

  async edit(edit: Edit): Promise<Receipt> {
    assertWellFormed(edit);
    const resource = edit.post.messageId ?? '';
    if (!resource.startsWith(`${messagesOf(edit.path)}/`) || !MESSAGE_NAME.test(resource)) {
      throw noSuchPost();
    }
    const { message, shortened } = renderForGoogleChat(edit, 'app');
    const body = JSON.stringify(message);
    const query = { updateMask: 'text,cardsV2' };
    const answer = await this.#send({ method: 'PATCH', resource, query, body });
    const { thread } = edit.post;
    return {
      ...(thread !== undefined && { thread }),
      ...received(answer, chatFailure(answer, 'edit')),
      ...(shortened && { shortened }),
    };
  }

  async check(): Promise<{ identity: string }> {
    await this.#read({ method: 'GET', resource: 'spaces', query: { pageSize: '1' } });
    return { identity: this.#connection.email };
  }

  /** The message of an id that was used already: the app gives each id to one post, so it is that post. */
  async #existing(resource: string): Promise<Receipt> {
    return receiptOf(await this.#read({ method: 'GET', resource }));
  }

  #read(call: ChatCall): Promise<HttpAnswer> {
    return withoutPosting(PLATFORM, async () => {
      const answer = await this.#send(call);
      const failure = chatFailure(answer, 'read');
      if (failure) throw failure;
      return answer;
    });
  }

  /** Resolves with the answer, whatever it says, except where a new access token may be accepted. */
  #send(call: ChatCall): Promise<HttpAnswer> {
    return callTracked(PLATFORM, () => exchange(this.#connection, call));
  }
}

async function exchange(
  { apiUrl, tokens, transport }: ChatConnection,
  { body, method, query, resource }: ChatCall,
): Promise<HttpAnswer> {
  const url = new URL(`${apiUrl.pathname.replace(/\/(?:v1\/?)?$/, '')}/v1/${resource}`, apiUrl);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  const token = await tokens.token();
  const answer = await transport({
    method,
    url,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
    },
    body,
  });
  if (answer.status !== 401) tokens.markAccepted(token);
  else if (tokens.markRefused(token)) throw tokenToRenew();
  return answer;
}

function received(answer: HttpAnswer, failure: DeliveryError | undefined): Receipt {
  if (failure) throw failure;
  return receiptOf(answer);
}

const MESSAGE_NAME = /^spaces\/[A-Za-z0-9_-]+\/messages\/[A-Za-z0-9._-]+$/;

function messagesOf(path: string): string {
  if (isSpaceId(path)) return `spaces/${path}/messages`;
  throw new DeliveryError(
    'The destination is not a space of Google Chat.',
    permanent('destination_not_found'),
  );
}

function noSuchPost(): DeliveryError {
  return new DeliveryError(
    'The receipt of the post has no name of a message of this space: nothing was sent.',
    permanent('post_not_found'),
  );
}

function tokenToRenew(): DeliveryError {
  return new DeliveryError('Google Chat refused an access token that can be renewed.', {
    ...transient('credentials_rejected'),
    httpStatus: 401,
    platformCode: 'UNAUTHENTICATED',
  });
}
