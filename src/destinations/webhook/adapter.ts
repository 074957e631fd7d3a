import type { Webhook } from 'standardwebhooks';
import type { Receipt } from '../../domain/delivery.js';
import { guardedConnector } from '../../http/addressGuard.js';
import { secureUrl } from '../../http/endpoint.js';
import { createGuardedTransport, type Transport } from '../../http/transport.js';
import { createSigner, signedHeaders } from '../../http/webhookSigner.js';
import type { DestinationAdapter, Layout, Post } from '../destination.js';
import { unverifiedWebhooks, webhookNotConfigured } from '../namedWebhooks.js';
import { assertWellFormed } from '../wellFormed.js';
import type { WebhookAccount, WebhookReceiver } from './account.js';
import { receiverFailure } from './failures.js';
import { renderForWebhook } from './render.js';

/** Throws a ConfigurationError where a URL or a signing secret can't be read or used. */
export function createWebhookAdapter(account: WebhookAccount): DestinationAdapter {
  const { allowPrivate, requestTimeout } = account;
  const connector = guardedConnector(allowPrivate, Math.ceil(requestTimeout / 2));
  return new WebhookAdapter(
    new Map(Object.entries(account.webhooks).map(([name, each]) => [name, receiverOf(name, each)])),
    createGuardedTransport('the webhook’s receiver', requestTimeout, connector),
  );
}

interface Receiver {
  url: URL;
  signers: Webhook[];
}

/** Without `find` and `edit`: nothing is known of a receiver but that it accepts messages. */
class WebhookAdapter implements DestinationAdapter {
  readonly #receivers: ReadonlyMap<string, Receiver>;
  readonly #transport: Transport;

  constructor(receivers: ReadonlyMap<string, Receiver>, transport: Transport) {
    this.#receivers = receivers;
    this.#transport = transport;
  }

  /** A receiver gets the whole text. */
  layout(): Layout {
    return { parts: 1 };
  }

  /** The receipt is the id that the request had, by which the receiver knows a repeated one. */
  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const receiver = this.#receivers.get(post.path);
    if (!receiver) throw webhookNotConfigured(post.path);
    const { deliveryId: webhookId } = post;
    const body = renderForWebhook(post);
    const answer = await this.#transport({
      method: 'POST',
      url: receiver.url,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'sendproof',
        ...signedHeaders(receiver.signers, { webhookId, body }),
      },
      body,
    });
    const failure = receiverFailure(answer);
    if (failure) throw failure;
    return { messageId: webhookId };
  }

  check(): Promise<{ identity: string }> {
    return Promise.resolve(unverifiedWebhooks(this.#receivers.keys()));
  }
}

function receiverOf(name: string, { secret, url }: WebhookReceiver): Receiver {
  return {
    url: secureUrl(url.reveal(), `The URL of the webhook "${name}"`),
    signers: [secret].flat().map(createSigner),
  };
}
