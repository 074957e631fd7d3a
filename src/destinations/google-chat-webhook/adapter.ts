import type { Receipt } from '../../domain/delivery.js';
import { secureUrl } from '../../http/endpoint.js';
import { createTransport, type Transport } from '../../http/transport.js';
import { ConfigurationError } from '../../lib/configurationError.js';
import type { DestinationAdapter, Layout, Post, Show } from '../destination.js';
import { chatFailure, PLATFORM } from '../google-chat/failures.js';
import { createRequest, receiptOf } from '../google-chat/messages.js';
import { renderForGoogleChat } from '../google-chat/render.js';
import { requestIdsOf } from '../google-chat/requestIds.js';
import { unverifiedWebhooks, webhookNotConfigured } from '../namedWebhooks.js';
import { assertWellFormed } from '../wellFormed.js';
import type { GoogleChatWebhookAccount } from './account.js';

/** Throws a ConfigurationError where a webhook's URL can't be read or used. */
export function createGoogleChatWebhookAdapter(
  account: GoogleChatWebhookAccount,
): DestinationAdapter {
  const webhooks = Object.entries(account.webhooks).map(
    ([name, url]) => [name, webhookOf(url.reveal(), name)] as const,
  );
  return new GoogleChatWebhookAdapter(
    new Map(webhooks),
    createTransport(PLATFORM, account.requestTimeout),
  );
}

interface Webhook {
  /** With the key and the token in its query. */
  url: URL;
  /** The resource of its space's messages, as `spaces/AAAAMpdlehY/messages`. */
  messages: string;
}

/** Without `find` and `edit`: a webhook can only post. */
class GoogleChatWebhookAdapter implements DestinationAdapter {
  readonly ownIdempotency = true;
  readonly #webhooks: ReadonlyMap<string, Webhook>;
  readonly #transport: Transport;

  constructor(webhooks: ReadonlyMap<string, Webhook>, transport: Transport) {
    this.#webhooks = webhooks;
    this.#transport = transport;
  }

  layout(message: Show): Layout {
    return { parts: 1, shortened: renderForGoogleChat(message, 'webhook').shortened };
  }

  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const webhook = this.#webhooks.get(post.path);
    if (!webhook) throw webhookNotConfigured(post.path);
    const { body, query, standsAlone } = createRequest(post, 'webhook');
    const url = new URL(webhook.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const answer = await this.#transport({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' },
      body,
    });
    const failure = chatFailure(answer, post.replyTo ? 'reply' : 'post');
    // Its own message: each id is given to one post. A webhook can't read it.
    const isPosted = failure?.platformCode === 'ALREADY_EXISTS';
    if (failure && !isPosted) throw failure;
    const receipt = isPosted
      ? { messageId: `${webhook.messages}/${requestIdsOf(post).messageId}` }
      : receiptOf(answer);
    return standsAlone ? { ...receipt, standsAlone } : receipt;
  }

  check(): Promise<{ identity: string }> {
    return Promise.resolve(unverifiedWebhooks(this.#webhooks.keys()));
  }
}

/** @throws ConfigurationError that doesn't contain the URL */
function webhookOf(text: string, name: string): Webhook {
  const what = `The URL of the webhook "${name}"`;
  const url = secureUrl(text, what);
  const [, messages] = /\/v1\/(spaces\/[A-Za-z0-9_-]+\/messages)\/?$/.exec(url.pathname) ?? [];
  const { searchParams } = url;
  if (messages === undefined || !searchParams.get('key') || !searchParams.get('token')) {
    throw new ConfigurationError(
      `${what} is not one of Google Chat: copy it whole, as https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=….`,
    );
  }
  return { url, messages };
}
